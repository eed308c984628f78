"""Commands over a connection of their own, for the reason that reading has one (common.store.own_reader).

A question is what one caller asks for: some commands, which Redis runs in their order. Those of one moment
travel together. What the connection loses is sent once more through redis-py, whose deadline it has left, so
it must do no harm the second time (common.store.access, `together`).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

import hiredis
from redis._parsers.base import BaseParser
from redis.asyncio import Connection, Redis

from common.store.batching import LARGEST_BATCH, own_failure
from common.store.known_clock import KnownClock
from common.store.own_reader import Asked, OwnReader, Waiting
from common.store.trouble import DEADLINE_SECONDS
from common.telemetry.metrics import observe_redis

Question = Sequence[Callable[[Redis], Awaitable[Any]]]
# As redis-py's pipeline keeps them: the words of each command, and what is to be made of its answer.
Recorded = Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]]


class OwnCommands(OwnReader):
    """Sends commands over a connection of `new_connection`, or else by `otherwise`.

    What Redis refused stands in the place of its answer. Its clock comes along, when `clock` is due.
    """

    def __init__(
        self,
        client: Redis,
        clock: KnownClock,
        new_connection: Callable[[], Connection],
        otherwise: Callable[[Question], Awaitable[list[Any]]],
        too_late: Callable[[], Exception],
    ) -> None:
        super().__init__(new_connection, cast("Any", otherwise), too_late)
        self._client = client
        self._clock = clock
        self._came: list[Any] = []
        """Answers to the first of the questions that are under way, as far as they are here."""

    async def ask(self, question: Question) -> list[Any]:
        """The answers; raise what `otherwise` raises, or what `too_late` made."""
        if not question:
            return []
        # From a question to its answer it is the reader's way, who has a key for it.
        return cast("list[Any]", await self.get(cast("Any", question)))

    def data_received(self, data: bytes) -> None:
        """Hand on answers, once a question has all of its own."""
        self._replies.feed(data)
        since = None
        try:
            while (reply := self._replies.gets()) is not False:
                self._came.append(reply)
                if len(self._came) == len(cast("Recorded", self._asked[0][0][0][0])):
                    came, self._came = self._came, []
                    since = self._asked[0][1]
                    self._answer(self._asked.popleft(), came)
        except (hiredis.HiredisError, IndexError):  # no Redis, or more answers than commands
            self._transport.abort()
        if since is not None:
            observe_redis(self._loop.time() - since)
        if self._waiting and not self._asked:
            self._loop.call_soon(self._send)

    def connection_lost(self, error: Exception | None) -> None:
        self._came = []
        super().connection_lost(error)

    def _send(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._alone = self._alone + 1 if len(self._waiting) == 1 else 0
        while self._waiting and not self._transport.is_closing():
            asked, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            self._write(asked)
        if self._timer is None:
            self._look(self._loop.time())

    def _write(self, waiting: Waiting) -> None:
        now, packed = self._loop.time(), []
        if self._clock.is_due:
            # First, so that it is known to whoever hears of the others.
            waiting = [(cast("Any", [_ask_time]), self._clock_answer()), *waiting]
        for question, answer in waiting:
            try:
                commands, words = self._recorded(cast("Question", question))
            except Exception as error:  # noqa: BLE001 - whatever it is, who waits must learn it
                if not answer.done():
                    answer.set_exception(error)
                continue
            packed.append(words)
            self._asked.append(([(cast("Any", commands), answer)], now))
        if packed:
            self._transport.write(b"".join(packed))

    def _recorded(self, question: Question) -> tuple[Recorded, bytes]:
        """The commands as redis-py would send them, and as they travel."""
        pipeline = self._client.pipeline(transaction=False)
        for command in question:
            command(pipeline)
        commands: Recorded = pipeline.command_stack
        return commands, b"".join([_packed(*words) for words, _ in commands])

    def _answer(self, asked: Asked, reply: object) -> None:
        waiting, since = asked
        until = since + DEADLINE_SECONDS
        for commands, answer in waiting:
            if answer.done():  # whoever asked may have gone away
                continue
            try:
                if isinstance(reply, list):
                    pairs = zip(cast("Recorded", commands), reply, strict=True)
                    made = [self._made(*each, said) for each, said in pairs]
                    answer.set_result(cast("Any", made))
                elif until > self._loop.time():
                    answer.set_result(until)
                else:  # it would be sent for nobody
                    answer.set_exception(own_failure(self.too_late()))
            except Exception as error:  # noqa: BLE001 - as above
                answer.set_exception(error)

    def _made(self, words: tuple[Any, ...], options: Mapping[str, Any], said: object) -> Any:
        """What redis-py makes of an answer."""
        if isinstance(said, hiredis.ReplyError):
            return BaseParser.parse_error(str(said))  # type: ignore[no-untyped-call]
        make = self._client.response_callbacks.get(words[0])
        return make(said, **options) if make else said

    def _clock_answer(self) -> "asyncio.Future[Any]":
        asked = time.monotonic()

        def tell(answer: "asyncio.Future[Any]") -> None:
            if not answer.cancelled() and answer.exception() is None:
                said = answer.result()
                self._clock.told(said[0] if isinstance(said, list) else None, asked=asked)

        told = asyncio.Future[Any](loop=self._loop)
        told.add_done_callback(tell)
        return told


def _ask_time(redis: Redis) -> Awaitable[Any]:
    return redis.time()


def _packed(name: str, *words: Any) -> bytes:
    command: Any = (*name.split(), *words)
    packed: bytes = hiredis.pack_command(command)
    return packed

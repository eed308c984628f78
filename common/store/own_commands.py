"""Commands over a connection of their own: what several callers ask for in one moment, by one write.

What a command and its answer look like, redis-py says. What the connection loses is sent once more through
it, with what is left of the deadline, so it must do no harm the second time (`RedisAccess.together`).
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import hiredis
from redis._parsers.base import BaseParser
from redis.asyncio import Connection, Redis

from common.store.known_clock import KnownClock
from common.store.own_connection import OwnConnection, Waiting

# What one caller asks for: some commands, which Redis runs in their order.
Question = Sequence[Callable[[Redis], Awaitable[Any]]]


class Recorded(NamedTuple):
    """A question, as redis-py's pipeline keeps it and as it travels."""

    question: Question
    commands: Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]]
    """The words of each command, and what is to be known to understand its answer."""
    words: bytes


class OwnCommands(OwnConnection[Recorded, list[Any]]):
    """What Redis refused stands in the place of its answer. Its clock comes along, when `clock` is due."""

    def __init__(
        self,
        client: Redis,
        clock: KnownClock,
        new_connection: Callable[[], Connection],
        otherwise: Callable[[Question], Awaitable[list[Any]]],
        too_late: Callable[[], Exception],
    ) -> None:
        super().__init__(new_connection, lambda asked: otherwise(asked.question), too_late)
        # redis-py finds it in Python, as somebody may have written a command's name in small letters.
        self._reading = cache(client.response_callbacks.get)
        # redis-py's, which keeps what it is asked for; one for all, as making it takes a while.
        self._pipeline: Any = client.pipeline(transaction=False)
        self._clock = clock
        self._ask_time = self._recorded([lambda redis: redis.time()])
        # Of those under way: when the time was asked for, if it was, and how many replies there will be.
        self._expected: deque[tuple[float | None, int]] = deque()
        self._came: list[Any] = []
        """Replies to the first of those under way, as far as they are here."""

    async def send(self, question: Question) -> list[Any]:
        """The answers; raise what `otherwise` raises, or what `too_late` made."""
        return await self.ask(self._recorded(question)) if question else []

    def connection_lost(self, exc: Exception | None) -> None:
        self._came, self._expected = [], deque()
        super().connection_lost(exc)

    def _write(self, waiting: Waiting[Recorded, list[Any]]) -> None:
        sent = [asked for asked, _ in waiting]
        with_time = self._clock.is_due
        if with_time:
            # First, so that it is known to whoever hears of the others.
            sent.insert(0, self._ask_time)
        number = sum([len(asked.commands) for asked in sent])
        self._expected.append((time.monotonic() if with_time else None, number))
        self._transport.write(b"".join([asked.words for asked in sent]))

    def _take(self, reply: Any) -> None:
        time_asked, number = self._expected[0]
        self._came.append(reply)
        if len(self._came) < number:
            return
        replies, self._came = iter(self._came), []
        self._expected.popleft()
        if time_asked is not None:
            now = self._made(self._ask_time, replies)
            self._clock.told(now[0] if isinstance(now, list) else now, asked=time_asked)
        waiting, _ = self._taken()
        for asked, answer in waiting:
            made = self._made(asked, replies)
            if answer.done():  # whoever asked may have gone away
                continue
            if isinstance(made, Exception):
                answer.set_exception(made)
            else:
                answer.set_result(made)

    def _recorded(self, question: Question) -> Recorded:
        commands = self._pipeline.command_stack = []
        for command in question:
            command(self._pipeline)
        return Recorded(question, commands, b"".join([_words(*words) for words, _ in commands]))

    def _made(self, asked: Recorded, replies: Iterator[Any]) -> list[Any] | Exception:
        own = list(islice(replies, len(asked.commands)))
        try:
            return [self._read(*each, said) for each, said in zip(asked.commands, own, strict=True)]
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits must learn it
            return error

    def _read(self, words: tuple[Any, ...], options: Mapping[str, Any], said: object) -> Any:
        """What redis-py makes of an answer."""
        if isinstance(said, hiredis.ReplyError):
            return BaseParser.parse_error(str(said))  # type: ignore[no-untyped-call]
        read = self._reading(words[0])
        return read(said, **options) if read else said


def _words(name: Any, *arguments: Any) -> bytes:
    command: Any = (*name.split(), *arguments)
    packed: bytes = hiredis.pack_command(command)
    return packed

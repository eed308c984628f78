"""Commands over a connection of their own: what several callers ask for in one moment, by one write.

What a command and its answer look like, redis-py says. What the connection loses is sent once more through
it, with what is left of the deadline, so it must do no harm the second time (`RedisAccess.together`).
"""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import hiredis
from redis._parsers.base import BaseParser
from redis.asyncio import Connection, Redis

from common.store.known_clock import KnownClock
from common.store.own_connection import Make, OwnConnection

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
        self._client = client
        self._clock = clock
        self._ask_time = self._recorded([lambda redis: redis.time()])

    async def send(self, question: Question) -> list[Any]:
        """The answers; raise what `otherwise` raises, or what `too_late` made."""
        return await self.ask(self._recorded(question)) if question else []

    def _packed(self, questions: Sequence[Recorded]) -> tuple[bytes, int, Make[list[Any]]]:
        # First, so that it is known to whoever hears of the others.
        with_time = self._clock.is_due
        all_asked = (self._ask_time, *questions) if with_time else questions
        since = time.monotonic()

        def make(replies: list[Any]) -> Sequence[list[Any] | Exception]:
            left = iter(replies)
            made = [self._made(each, left) for each in all_asked]
            if with_time:
                now = made.pop(0)
                self._clock.told(now[0] if isinstance(now, list) else now, asked=since)
            return made

        number = sum(len(each.commands) for each in all_asked)
        return b"".join([each.words for each in all_asked]), number, make

    def _recorded(self, question: Question) -> Recorded:
        pipeline = self._client.pipeline(transaction=False)
        for command in question:
            command(pipeline)
        commands = pipeline.command_stack
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
        read = self._client.response_callbacks.get(words[0])
        return read(said, **options) if read else said


def _words(name: Any, *arguments: Any) -> bytes:
    command: Any = (*name.split(), *arguments)
    packed: bytes = hiredis.pack_command(command)
    return packed

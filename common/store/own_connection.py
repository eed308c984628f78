"""A connection beside redis-py's pool: questions, their answers, and little else for each.

redis-py takes a connection out of its pool for every command, and starts a task and a time limit; here is one
timer. redis-py opens it as common.store.client says, and is asked once more for whatever goes wrong here.
What a question is, and how it travels, say common.store.own_reader and common.store.own_commands.
Source: Redis documentation, "Redis pipelining": answers come in the order of the commands.
"""

import asyncio
import contextlib
from abc import abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import hiredis
from redis.asyncio import Connection

from common.background import cancelled
from common.store.batching import LARGEST_BATCH, PATIENCE_SECONDS, SURELY_ALONE, own_failure
from common.store.patience import LATE_SECONDS, MOMENT_SECONDS
from common.store.trouble import DEADLINE_SECONDS, TROUBLE
from common.telemetry.metrics import observe_redis

Q = TypeVar("Q")
A = TypeVar("A")

AGAIN_SECONDS = 1.0  # from one try to open a connection to the next

# The answer, or a number: until when to ask again.
Answer = asyncio.Future[A | float]
# Makes answers, or failures in their places, of what Redis said; None if that is none.
Make = Callable[[list[Any]], Sequence[A | Exception] | None]


@dataclass(slots=True)
class Asked(Generic[A]):
    """Questions that went out together, and how many replies they get."""

    answers: Sequence[Answer[A]]
    since: float
    replies: int
    make: Make[A]

    def hand_on(self, replies: list[Any] | None) -> None:
        """Give everybody their answer; those of a lost connection ask again."""
        found: Sequence[A | float | Exception] | None
        found = None if replies is None else self.make(replies)
        if found is None:
            found = [self.since + DEADLINE_SECONDS] * len(self.answers)
        for answer, made in zip(self.answers, found, strict=True):
            if answer.done():  # whoever asked may have gone away
                continue
            if isinstance(made, Exception):
                answer.set_exception(made)
            else:
                answer.set_result(made)


class OwnConnection(asyncio.Protocol, Generic[Q, A]):
    """Asks over a connection of `new_connection`, or else by `otherwise`, DEADLINE_SECONDS long."""

    def __init__(
        self,
        new_connection: Callable[[], Connection],
        otherwise: Callable[[Q], Awaitable[A]],
        too_late: Callable[[], Exception],
    ) -> None:
        self.new_connection = new_connection
        self.otherwise = otherwise
        self.too_late = too_late
        self._opening: asyncio.Task[None] | None = None
        self._open_at = 0.0
        self._departures = 0
        self._loop: Any = None
        self._connection: Any = None  # and what follows belongs to it
        self._transport: Any = None
        self._replies = hiredis.Reader()
        self._came: list[
            Any
        ] = []  # replies to the first of those under way, as far as they are here
        self._waiting: list[tuple[Q, Answer[A]]] = []
        self._asked: deque[Asked[A]] = deque()
        self._alone = 0
        self._next: asyncio.Handle | None = None
        self._timer: asyncio.Handle | None = None

    @abstractmethod
    def _packed(self, questions: Sequence[Q]) -> tuple[bytes, int, Make[A]]:
        """The questions as they travel, how many replies they get, and what is to be made of those."""

    async def ask(self, question: Q) -> A:
        """The answer; raise what `otherwise` raises, or what `too_late` made."""
        if self._connection is None:
            self._loop = asyncio.get_running_loop()
            if self._opening is None and self._loop.time() >= self._open_at:
                self._opening = self._loop.create_task(self._open())
            return await self.otherwise(question)
        answer: Answer[A] = self._loop.create_future()
        self._waiting.append((question, answer))
        # What is asked in one turn, or while an answer is under way, travels together: if anybody comes.
        if self._alone > SURELY_ALONE and not self._asked:
            self._send()
        elif self._next is None:
            self._next = self._loop.call_later(PATIENCE_SECONDS if self._asked else 0, self._send)
        found = await answer
        return await self._again(question, found) if isinstance(found, float) else found

    def expect_more(self) -> None:
        """Whoever asks now asks for more in the same turn: have it travel together."""
        self._alone = 0

    def leave(self, leads_elsewhere: Callable[[Connection], bool] = lambda _: True) -> None:
        """Close a connection that may lead to a server that is gone, or no master any more."""
        self._departures += 1
        if self._connection is not None and leads_elsewhere(self._connection):
            self._transport.abort()

    async def close(self) -> None:
        """Wait for what was asked, which ends within its deadline, and close the connection."""
        self._open_at = float("inf")
        if self._opening is not None:
            await cancelled(self._opening)
        for answers in (
            *(each.answers for each in self._asked),
            [each for _, each in self._waiting],
        ):
            if answers:
                await asyncio.wait(answers)
        while self._connection is not None:
            self._transport.abort()
            await asyncio.sleep(0)

    def data_received(self, data: bytes) -> None:
        """Hand on answers; asyncio calls this, and what follows."""
        self._replies.feed(data)
        try:
            while (reply := self._replies.gets()) is not False:
                self._came.append(reply)
                if len(self._came) == self._asked[0].replies:
                    asked, came, self._came = self._asked.popleft(), self._came, []
                    observe_redis(self._loop.time() - asked.since)
                    asked.hand_on(came)
        except (hiredis.HiredisError, IndexError):  # no Redis, or more answers than commands
            self._transport.abort()
        if self._waiting and not self._asked:
            self._loop.call_soon(self._send)  # with those whose requests are here already

    def connection_lost(self, exc: Exception | None) -> None:
        """Have what is under way asked again."""
        del exc
        self._connection._close()  # noqa: SLF001 - redis-py's part of it
        self._connection = None
        lost, self._asked, self._came = self._asked, deque(), []
        for asked in lost:
            asked.hand_on(None)
        waiting, self._waiting = self._waiting, []
        for _, answer in waiting:
            if not answer.done():
                answer.set_result(self._loop.time() + DEADLINE_SECONDS)

    async def _again(self, question: Q, until: float) -> A:
        if until <= self._loop.time():  # it would be sent for nobody
            raise self.too_late()
        try:
            async with asyncio.timeout_at(until):
                return await self.otherwise(question)
        except TimeoutError:
            raise self.too_late() from None

    async def _open(self) -> None:
        self._open_at = self._loop.time() + AGAIN_SECONDS
        departures, connection = self._departures, cast("Any", self.new_connection())
        # Only close() cancels it, and has no other wish than that it ends.
        with contextlib.suppress(*TROUBLE, asyncio.CancelledError):
            await connection.connect()
            # redis-py has no other way to what stands below.
            if departures == self._departures and not connection._reader.at_eof():  # noqa: SLF001
                self._transport = connection._writer.transport  # noqa: SLF001
                self._transport.set_protocol(self)
                self._replies = hiredis.Reader()
                self._connection = connection
        if self._connection is None:
            connection._close()  # noqa: SLF001
        self._opening = None

    def _send(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._alone = self._alone + 1 if len(self._waiting) == 1 else 0
        while self._waiting and not self._transport.is_closing():
            batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            questions, answers = zip(*batch, strict=True)
            words, replies, make = self._packed(questions)
            self._asked.append(Asked(answers, self._loop.time(), replies, make))
            self._transport.write(words)
        if self._timer is None:
            self._look(self._loop.time())

    def _look(self, due: float) -> None:
        """End what takes too long. A loop that stood still first has to read (common.store.patience)."""
        oldest, self._timer, now = self._asked[0] if self._asked else None, None, self._loop.time()
        if oldest and oldest.since + DEADLINE_SECONDS <= now <= due + LATE_SECONDS:
            failure = self.too_late()
            for answer in self._asked.popleft().answers:
                if not answer.done():
                    answer.set_exception(own_failure(failure))
            self._transport.abort()
        elif oldest:
            wait = max(oldest.since + DEADLINE_SECONDS - now, 0) or MOMENT_SECONDS
            self._timer = self._loop.call_later(wait, self._look, now + wait)

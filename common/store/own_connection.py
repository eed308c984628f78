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
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, Generic, TypeVar, cast

import hiredis
from redis.asyncio import Connection

from common.background import cancelled
from common.store.batching import LARGEST_BATCH, PATIENCE_SECONDS, own_failure
from common.store.patience import LATE_SECONDS, MOMENT_SECONDS
from common.store.trouble import DEADLINE_SECONDS, TROUBLE
from common.telemetry.metrics import observe_redis

Q = TypeVar("Q")
A = TypeVar("A")

AGAIN_SECONDS = 1.0  # from one try to open a connection to the next
# After so many commands in a row that nobody shared, the next one does not wait for company.
SURELY_ALONE = 8

# The answer, or a number: until when to ask again.
Answer = asyncio.Future[A | float]
# Questions, and who waits for each.
Waiting = list[tuple[Q, Answer[A]]]


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
        self._waiting: Waiting[Q, A] = []
        # When each was sent: by the loop's clock, which may know milliseconds only, and by an exact one.
        self._asked: deque[tuple[Waiting[Q, A], float, float]] = deque()
        self._alone = 0  # commands in a row that nobody shared
        self._of_one = 1  # how many of those waiting came from the first of them
        self._next: asyncio.Handle | None = None
        self._timer: asyncio.Handle | None = None

    @abstractmethod
    def _write(self, waiting: Waiting[Q, A]) -> None:
        """Send these together."""

    @abstractmethod
    def _take(self, reply: Any) -> None:
        """Hand on a reply, or keep it until the first of `_asked` has all of its own."""

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

    async def ask_both(self, one: Q, other: Q) -> tuple[A, A]:
        """Two answers to one caller, whose questions travel together; raise as `ask` does."""
        if self._connection is None:
            first, second = await asyncio.gather(self.ask(one), self.ask(other))
            return first, second
        if not self._waiting:
            self._of_one = 2
        answer: Answer[A] = self._loop.create_future()
        self._waiting.append((one, answer))
        # If the other one raises, nobody waits for this one.
        answer.add_done_callback(_looked_at)
        second, found = await self.ask(other), await answer
        return (await self._again(one, found) if isinstance(found, float) else found), second

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
        for waiting in (*(each for each, *_ in self._asked), self._waiting):
            if waiting:
                await asyncio.wait([answer for _, answer in waiting])
        while self._connection is not None:
            self._transport.abort()
            await asyncio.sleep(0)

    def data_received(self, data: bytes) -> None:
        """Hand on answers; asyncio calls this, and what follows."""
        self._replies.feed(data)
        try:
            while (reply := self._replies.gets()) is not False:
                self._take(reply)
        except (hiredis.HiredisError, IndexError):  # no Redis, or more answers than commands
            self._transport.abort()
        if self._waiting and not self._asked:
            self._loop.call_soon(self._send)  # with those whose requests are here already

    def connection_lost(self, exc: Exception | None) -> None:
        """Have what is under way asked again."""
        del exc
        self._connection._close()  # noqa: SLF001 - redis-py's part of it
        self._connection = None
        lost = [*self._asked, (self._waiting, self._loop.time(), 0.0)]
        self._asked, self._waiting = deque(), []
        for waiting, since, _ in lost:
            self._have_asked_again(waiting, since)

    def _taken(self) -> tuple[Waiting[Q, A], float]:
        """The first of those under way, whose replies are all here, and when they were sent."""
        waiting, since, began = self._asked.popleft()
        observe_redis(perf_counter() - began)
        return waiting, since

    @staticmethod
    def _have_asked_again(waiting: Waiting[Q, A], since: float) -> None:
        for _, answer in waiting:
            if not answer.done():  # whoever asked may have gone away
                answer.set_result(since + DEADLINE_SECONDS)

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
            transport, at_eof = connection._writer.transport, connection._reader.at_eof()  # noqa: SLF001
            # Of an end that has been told already, nobody would tell again.
            if departures == self._departures and not (at_eof or transport.is_closing()):
                self._transport = transport
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
        self._alone = self._alone + 1 if len(self._waiting) <= self._of_one else 0
        self._of_one = 1
        while self._waiting and not self._transport.is_closing():
            waiting, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            self._asked.append((waiting, self._loop.time(), perf_counter()))
            self._write(waiting)
        if self._timer is None:
            self._look(self._loop.time())

    def _look(self, due: float) -> None:
        """End what takes too long. A loop that stood still first has to read (common.store.patience)."""
        oldest, self._timer, now = self._asked[0] if self._asked else None, None, self._loop.time()
        if oldest and oldest[1] + DEADLINE_SECONDS <= now <= due + LATE_SECONDS:
            failure = self.too_late()
            for _, answer in self._asked.popleft()[0]:
                if not answer.done():
                    answer.set_exception(own_failure(failure))
            self._transport.abort()
        elif oldest:
            wait = max(oldest[1] + DEADLINE_SECONDS - now, 0) or MOMENT_SECONDS
            self._timer = self._loop.call_later(wait, self._look, now + wait)


def _looked_at(answer: Answer[Any]) -> None:
    """Whatever it is, nobody calls it forgotten."""
    if not answer.cancelled():
        answer.exception()

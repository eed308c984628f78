"""Reading keys over one connection of its own: a question, its answer, and little else for each page.

redis-py takes a connection out of a pool for every command, and starts a task and a time limit. Here there is
one timer. redis-py opens the connection, so what is said first, and over what, stands in one place
(common.store.client); and whatever goes wrong here is asked once more through redis-py.
Source: Redis documentation, "Redis pipelining": answers come in the order of the commands.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import hiredis
from redis.asyncio import Connection

from common.background import cancelled
from common.store.batching import LARGEST_BATCH, PATIENCE_SECONDS, own_failure
from common.store.patience import MOMENT_SECONDS
from common.store.trouble import DEADLINE_SECONDS, TROUBLE
from common.telemetry.metrics import REDIS_SECONDS

# The value, or None without one; or a number: until when, by the loop's clock, redis-py may be asked.
Answer = asyncio.Future[bytes | None | float]
# One MGET: who waits for which key, and since when.
Asked = tuple[dict[str, list[Answer]], float]
# A connection is opened at most so often; until then redis-py is asked alone.
AGAIN_SECONDS = 1.0
NOT_YET = object()


@dataclass(eq=False)
class OwnReader(asyncio.Protocol):
    """Reads keys over a connection of `new_connection`, or else by `otherwise`.

    `too_late` makes the failure of what Redis does not answer within DEADLINE_SECONDS.
    """

    new_connection: Callable[[], Connection]
    otherwise: Callable[[str], Awaitable[bytes | None]]
    too_late: Callable[[], Exception]
    _opening: asyncio.Task[None] | None = None
    _open_at: float = 0.0
    _departures: int = 0
    _connection: Any = None  # and what follows belongs to it
    _transport: Any = None
    _loop: Any = None
    _replies: Any = None
    _waiting: dict[str, list[Answer]] = field(default_factory=dict)
    _asked: deque[Asked] = field(default_factory=deque)
    _next: asyncio.Handle | None = None
    _timer: asyncio.Handle | None = None

    async def get(self, key: str) -> bytes | None:
        """A key's value; raise what `otherwise` raises, or what `too_late` made."""
        if self._connection is None:
            self._loop = asyncio.get_running_loop()
            if self._opening is None and self._loop.time() >= self._open_at:
                self._opening = self._loop.create_task(self._open())
            return await self.otherwise(key)
        found = await self._ask(key)
        if not isinstance(found, float):
            return found
        try:
            async with asyncio.timeout_at(found):
                return await self.otherwise(key)
        except TimeoutError:
            raise self.too_late() from None

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
        for waiting in (*(each for each, _ in self._asked), self._waiting):
            if waiting:
                await asyncio.wait([one for answers in waiting.values() for one in answers])
        while self._connection is not None:
            self._transport.abort()
            await asyncio.sleep(0)

    def data_received(self, data: bytes) -> None:
        """Hand on answers; asyncio calls this, and what follows."""
        self._replies.feed(data)
        try:
            while (reply := self._replies.gets()) is not NOT_YET:
                self._answer(self._asked.popleft(), reply)
        except (hiredis.HiredisError, IndexError):  # no Redis, or more answers than commands
            self._transport.abort()
        if self._waiting and not self._asked:
            self._send()

    def connection_lost(self, _: Exception | None) -> None:
        """Have what is under way asked again."""
        self._connection._close()  # noqa: SLF001 - redis-py's part of it
        self._connection = None
        lost, self._asked = [*self._asked, (self._waiting, self._loop.time())], deque()
        self._waiting = {}
        for asked in lost:
            self._answer(asked, None)

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
                self._replies = hiredis.Reader(notEnoughData=NOT_YET)
                self._connection = connection
        if self._connection is None:
            connection._close()  # noqa: SLF001
        self._opening = None

    def _ask(self, key: str) -> Answer:
        answer: Answer = self._loop.create_future()
        self._waiting.setdefault(key, []).append(answer)
        # What is asked while an answer is under way shares the next command, as in common.store.batching.
        if len(self._waiting) >= LARGEST_BATCH:
            self._send()
        elif self._next is None:
            self._next = self._loop.call_later(PATIENCE_SECONDS if self._asked else 0, self._send)
        return answer

    def _send(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if self._waiting and not self._transport.is_closing():
            self._asked.append((self._waiting, self._loop.time()))
            command: Any = ("MGET", *self._waiting)
            self._transport.write(hiredis.pack_command(command))
            self._waiting = {}
        if self._timer is None:
            self._look(None)

    def _answer(self, asked: Asked, reply: object) -> None:
        waiting, since = asked
        REDIS_SECONDS.observe(self._loop.time() - since)
        if not isinstance(reply, list) or len(reply) != len(waiting):  # refused, loading, lost
            reply = [since + DEADLINE_SECONDS] * len(waiting)
        for answers, value in zip(waiting.values(), reply, strict=True):
            for answer in answers:
                if not answer.done():  # whoever asked may have gone away
                    answer.set_result(value)

    def _look(self, seen: Asked | None) -> None:
        """End what was seen to be late a moment ago: a loop that stood still first has to read."""
        oldest, self._timer = self._asked[0] if self._asked else None, None
        if oldest is None:
            return
        if oldest is seen:
            failure = self.too_late()
            for answers in self._asked.popleft()[0].values():
                for answer in answers:
                    if not answer.done():
                        answer.set_exception(own_failure(failure))
            self._transport.abort()
            return
        soon = oldest[1] + DEADLINE_SECONDS - MOMENT_SECONDS - self._loop.time()
        when, who = (soon, None) if soon > 0 else (MOMENT_SECONDS, oldest)
        self._timer = self._loop.call_later(when, self._look, who)

"""Reading keys over one connection of its own: a question, its answer, and little else for each page.

redis-py takes a connection out of a pool for every command, and starts a task and a time limit; here is one
timer. redis-py opens it as common.store.client says, and is asked once more for whatever goes wrong here.
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
from common.store.batching import LARGEST_BATCH, PATIENCE_SECONDS, SURELY_ALONE, own_failure
from common.store.patience import LATE_SECONDS, MOMENT_SECONDS
from common.store.trouble import DEADLINE_SECONDS, TROUBLE
from common.telemetry.metrics import observe_redis

Answer = asyncio.Future[bytes | None | float]  # a number: until when to ask again
Waiting = list[tuple[str, Answer]]  # keys, and who waits for each
Asked = tuple[Waiting, float]  # one MGET, and when it was sent
AGAIN_SECONDS = 1.0  # from one try to open a connection to the next


@dataclass(eq=False)
class OwnReader(asyncio.Protocol):
    """Reads keys over a connection of `new_connection`, or else by `otherwise`, DEADLINE_SECONDS long."""

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
    _waiting: Waiting = field(default_factory=list)
    _asked: deque[Asked] = field(default_factory=deque)
    _alone: int = 0
    _next: asyncio.Handle | None = None
    _timer: asyncio.Handle | None = None

    async def get(self, key: str) -> bytes | None:
        """A key's value; raise what `otherwise` raises, or what `too_late` made."""
        if self._connection is None:
            self._loop = asyncio.get_running_loop()
            if self._opening is None and self._loop.time() >= self._open_at:
                self._opening = self._loop.create_task(self._open())
            return await self.otherwise(key)
        answer: Answer = self._loop.create_future()
        self._waiting.append((key, answer))
        # What is asked in one turn, or while an answer is under way, shares a command: if anybody comes.
        if self._alone > SURELY_ALONE and not self._asked:
            self._send()
        elif self._next is None:
            self._next = self._loop.call_later(PATIENCE_SECONDS if self._asked else 0, self._send)
        if not isinstance(found := await answer, float):
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
                await asyncio.wait([answer for _, answer in waiting])
        while self._connection is not None:
            self._transport.abort()
            await asyncio.sleep(0)

    def data_received(self, data: bytes) -> None:
        """Hand on answers; asyncio calls this, and what follows."""
        self._replies.feed(data)
        try:
            while (reply := self._replies.gets()) is not False:
                observe_redis(self._loop.time() - self._asked[0][1])
                self._answer(self._asked.popleft(), reply)
        except (hiredis.HiredisError, IndexError):  # no Redis, or more answers than commands
            self._transport.abort()
        if self._waiting and not self._asked:
            self._loop.call_soon(self._send)  # with those whose requests are here already

    def connection_lost(self, _: Exception | None) -> None:
        """Have what is under way asked again."""
        self._connection._close()  # noqa: SLF001 - redis-py's part of it
        self._connection = None
        lost = [*self._asked, (self._waiting, self._loop.time())]
        self._asked, self._waiting = deque(), []
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
            asked, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            self._asked.append((asked, self._loop.time()))
            command: Any = ("MGET", *dict.fromkeys([key for key, _ in asked]))
            self._transport.write(hiredis.pack_command(command))
        if self._timer is None:
            self._look(self._loop.time())

    def _answer(self, asked: Asked, reply: object) -> None:
        waiting, since = asked
        keys = dict.fromkeys([key for key, _ in waiting], since + DEADLINE_SECONDS)
        if isinstance(reply, list) and len(reply) == len(keys):  # else it is lost, or was refused
            keys = dict(zip(keys, reply, strict=True))
        for key, answer in waiting:
            if not answer.done():  # whoever asked may have gone away
                answer.set_result(keys[key])

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

"""Reads of the same moment travel to Redis together, as one MGET.

A command costs redis-py about as much CPU as the rest of a page. So what is asked for while an answer
is under way waits for that answer and then travels together: the busier, the more pages share a
command. Which answer belongs to whom does not rest on this file: what comes back is sealed for its key,
so a mixed-up reply does not open.
"""

import asyncio
from collections.abc import Sequence

from common.redis_access import RedisAccess, StoreUnavailable

LARGEST_BATCH = 256
# A Redis that is this late must not make two people wait one after the other.
PATIENCE_SECONDS = 0.01

Values = list[bytes | None]
Waiting = tuple[tuple[str, ...], "asyncio.Future[Values]"]


class BatchedReads:
    """GET for many callers at once.

    The command runs in a task of its own: a caller that goes away cancels its own waiting, never a
    command whose reply is under way (the cause of redis-py CVE-2023-28858).
    """

    def __init__(self, redis: RedisAccess) -> None:
        self._redis = redis
        self._waiting: list[Waiting] = []
        self._running: set[asyncio.Task[None]] = set()
        self._next: asyncio.Handle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def get(self, *keys: str) -> Values:
        """The keys' values in their order; raise StoreUnavailable if Redis does not answer."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        answer: asyncio.Future[Values] = loop.create_future()
        self._waiting.append((keys, answer))
        if self._next is None:
            self._next = (
                loop.call_later(PATIENCE_SECONDS, self._send)
                if self._running
                else loop.call_soon(self._send)
            )
        return await answer

    def _send(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), LARGEST_BATCH):
            task = asyncio.create_task(self._read(waiting[start : start + LARGEST_BATCH]))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._waiting and not self._running:
            self._send()

    async def _read(self, batch: Sequence[Waiting]) -> None:
        keys = list(dict.fromkeys(key for wanted, _ in batch for key in wanted))
        try:
            values = await self._redis.read_many(keys)
        except Exception as error:  # noqa: BLE001 - whatever it is, the callers must learn it
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(_for_one_caller(error))
            return
        found = dict(zip(keys, values, strict=True))
        for wanted, answer in batch:
            if not answer.done():
                answer.set_result([found[key] for key in wanted])


def _for_one_caller(error: Exception) -> Exception:
    """What a caller adds to its failure, such as a way on, concerns no other caller."""
    return StoreUnavailable() if isinstance(error, StoreUnavailable) else error

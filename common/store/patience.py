"""How long a caller lets Redis take, without blaming Redis for what holds this process up.

An event loop that stood still (somebody's own code that blocks, a container out of its share of a processor)
finds an answer that has come long ago and a time limit that is over at once, and uvloop looks at the limit
first. So a limit that is seen late is given a moment, in which what has come is read; and another one, if
the process stood still again meanwhile.
"""

import asyncio
from types import TracebackType

LATE_SECONDS = 0.05
MOMENT_SECONDS = 0.1


class Patience:
    """As asyncio.timeout: cancels what is in the block, and raises TimeoutError."""

    __slots__ = ("_ends_at", "_limit", "_loop", "_timer")

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit = asyncio.timeout(None)
        self._ends_at = self._loop.time() + seconds
        self._timer = self._loop.call_at(self._ends_at, self._look)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        await self._limit.__aexit__(kind, error, trace)

    def _look(self) -> None:
        now = self._loop.time()
        if now - self._ends_at > LATE_SECONDS:
            self._ends_at = now + MOMENT_SECONDS
            self._timer = self._loop.call_at(self._ends_at, self._look)
        else:
            self._limit.reschedule(now)

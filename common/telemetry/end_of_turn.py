"""Work that can wait until the event loop has gone round once, done for everything that came meanwhile.

Between two requests a processor's caches fill with something else, so code that runs once a request takes
several times as long as the same code run for ten requests in a row (docs/benchmark.md).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class EndOfTurn(Generic[T]):
    """Calls `work` with what was added in one turn of the event loop, in its order."""

    def __init__(self, work: Callable[[Sequence[T]], None]) -> None:
        self._work = work
        self._waiting: list[T] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, item: T) -> None:
        """Have the item dealt with in a moment; must be called within an event loop."""
        # What a closed loop left behind is dealt with together with the next item.
        if not self._waiting or self._loop is None or self._loop.is_closed():
            # The same loop as before, mostly; until Python 3.12 to ask for it is a system call.
            if self._loop is None or not self._loop.is_running():
                self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._deal)
        self._waiting.append(item)

    def _deal(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._work(waiting)

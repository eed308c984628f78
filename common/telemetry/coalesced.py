"""Work that can wait a moment, done for everything that came meanwhile.

Between two requests a processor's caches fill with something else, so code that runs once a request takes
several times as long as the same code run for ten requests in a row (docs/benchmark.md).
"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

T = TypeVar("T")

# From one time to the next: so long a log line may be late, and be lost with a process that is killed.
PAUSE_SECONDS = 0.02
# So many do not wait for the pause to end.
MOST_WAITING = 64

_every: list[Coalesced[Any]] = []


class Coalesced(Generic[T]):
    """Calls `work` with what was added, in its order, when the event loop has gone round once.

    If it did so less than PAUSE_SECONDS ago, it waits until they are over or MOST_WAITING have come. There
    is one for each kind of work, and it lives as long as the process.
    """

    def __init__(self, work: Callable[[Sequence[T]], None]) -> None:
        self._work = work
        self._waiting: list[T] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next: asyncio.Handle | None = None
        # By the loop's clock.
        self._free_at = 0.0
        _every.append(self)

    def add(self, item: T) -> None:
        """Have the item dealt with in a moment; must be called within an event loop."""
        # What a closed loop left behind is dealt with together with the next item.
        if not self._waiting or self._loop is None or self._loop.is_closed():
            self._plan()
        self._waiting.append(item)
        if len(self._waiting) == MOST_WAITING:
            self._plan(at_once=True)

    def deal(self, more: Sequence[T] = ()) -> None:
        """Do now what waits, and more that has just come."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        waiting, self._waiting = [*self._waiting, *more], []
        if waiting:
            # At the process' end, it is closed.
            if self._loop is not None and not self._loop.is_closed():
                self._free_at = self._loop.time() + PAUSE_SECONDS
            self._work(waiting)

    def _plan(self, *, at_once: bool = False) -> None:
        if self._next is not None:
            self._next.cancel()
        # The same loop as before, mostly; until Python 3.12 to ask for it is a system call.
        if self._loop is None or not self._loop.is_running():
            # Imported here: gunicorn's master writes log lines, too, and needs no asyncio.
            import asyncio  # noqa: PLC0415

            self._loop, self._free_at = asyncio.get_running_loop(), 0.0
        pause = self._free_at - self._loop.time()
        if at_once or pause <= 0:
            self._next = self._loop.call_soon(self.deal)
        else:
            self._next = self._loop.call_later(min(pause, PAUSE_SECONDS), self.deal)


def deal_with_all() -> None:
    """Do whatever waits now, because somebody looks, or the process ends."""
    for each in _every:
        each.deal()


atexit.register(deal_with_all)

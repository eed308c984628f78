"""Tasks that run beside the requests, and end with the service for certain."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

CANCEL_AGAIN_SECONDS = 0.5


@contextlib.asynccontextmanager
async def running(coroutine: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run it until the block is left."""
    task = asyncio.create_task(coroutine)
    try:
        yield
    finally:
        await cancelled(task)


async def cancelled(task: "asyncio.Task[Any]") -> None:
    """Cancel it, and return when it has ended, however it did.

    More than once, if need be: redis-py may swallow a cancellation while it connects, and the task
    would go on for ever.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_AGAIN_SECONDS)
    if not task.cancelled():
        task.exception()  # looked at, so that nobody calls it forgotten


class Background:
    """Tasks that go on behind an answer; only the end of the service waits for them."""

    def __init__(self) -> None:
        self._tasks: dict[object, asyncio.Task[Any]] = {}

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Run it; what it raises is logged, as nobody else hears of it."""
        return self._start(object(), coroutine, _log_failure)

    def once(self, name: str, start: Callable[[], Coroutine[Any, Any, T]]) -> "asyncio.Task[T]":
        """The task of this name that is under way, or a new one; for whoever awaits it, shielded."""
        running = self._tasks.get(name)
        # Everybody who waited may have gone away: looked at, so that nobody calls it forgotten.
        return running or self._start(
            name, start(), lambda done: done.cancelled() or done.exception()
        )

    def __len__(self) -> int:
        """How many are under way."""
        return len(self._tasks)

    async def finish(self) -> None:
        """Wait for what is under way; each has a time limit of its own."""
        if self._tasks:
            await asyncio.wait(self._tasks.values())

    async def stop(self, *, patience_seconds: float) -> None:
        """Wait no longer than that, and cancel what is still under way."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=patience_seconds)
        await asyncio.gather(*(cancelled(task) for task in list(self._tasks.values())))

    def _start(
        self,
        name: object,
        coroutine: Coroutine[Any, Any, T],
        ended: Callable[["asyncio.Task[T]"], object],
    ) -> "asyncio.Task[T]":
        task = asyncio.create_task(coroutine)
        self._tasks[name] = task

        def done(task: "asyncio.Task[T]") -> None:
            self._tasks.pop(name, None)
            ended(task)

        task.add_done_callback(done)
        return task


def _log_failure(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("background_failed", exc_info=task.exception())

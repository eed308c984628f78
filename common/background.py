"""Tasks that run beside the requests, and end with the service for certain."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

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

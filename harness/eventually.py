"""Waiting for a condition that nobody announces."""

import asyncio
from collections.abc import Awaitable, Callable

LONGEST_SECONDS = 30


async def eventually(condition: Callable[[], Awaitable[object]]) -> None:
    """Return as soon as the condition holds; TimeoutError if it never does."""
    async with asyncio.timeout(LONGEST_SECONDS):
        while not await condition():  # noqa: ASYNC110 - the condition is in another process
            await asyncio.sleep(0.01)

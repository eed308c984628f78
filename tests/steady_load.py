"""Signed-in browsers that ask without a pause while a test breaks something."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from harness.browser_like import Answer, Browser
from harness.eventually import eventually

MOST_REQUESTS = 50_000
# Less patient than Retry-After asks for, and no busy loop.
SAID_LATER_SECONDS = 0.1


class SteadyLoad:
    """What was answered so far, by status; a 503 without Retry-After or with a cookie is a fault."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []

    async def some(self, status: int, *, count: int = 10) -> None:
        """Wait until this many more answers of a kind have come."""
        wanted = self.statuses[status] + count

        async def enough() -> bool:
            return self.statuses[status] >= wanted

        await eventually(enough)

    def note(self, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        if answer.status == 503 and ("Retry-After" not in answer.headers or answer.cookies):
            self.faults.append(f"{answer.status} {answer.headers}")

    @property
    def only_well_or_later(self) -> bool:
        """Nobody was signed out, nothing was unforeseen."""
        return not self.faults and set(self.statuses) <= {200, 503}


@asynccontextmanager
async def steady_load(browsers: Sequence[Browser], path: str) -> AsyncIterator[SteadyLoad]:
    """Let each browser ask for the path again and again until the block is left."""
    load, stop = SteadyLoad(), asyncio.Event()

    async def ask(browser: Browser) -> None:
        while not stop.is_set() and load.statuses.total() < MOST_REQUESTS:
            answer = await browser.get(path)
            load.note(answer)
            if answer.status == 503:
                await asyncio.sleep(SAID_LATER_SECONDS)

    tasks = [asyncio.create_task(ask(browser)) for browser in browsers]
    try:
        yield load
    finally:
        stop.set()
        await asyncio.gather(*tasks)

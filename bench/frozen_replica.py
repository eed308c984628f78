"""`python -m bench.frozen_replica`: who waits because of a replica that takes requests and never answers.

Two app_services behind nginx, 40 pages a second of one signed-in person. After three seconds one of the
two is stopped (SIGSTOP) for FROZEN_SECONDS (50). First without nginx/watch, then with it. Takes two and a
half minutes.
"""

import asyncio
import os
import time
from collections import Counter
from dataclasses import dataclass, field

import aiohttp

from bench.visitor import Visitor
from harness.stack import Stack

PAGES_A_SECOND = 40
CALM_SECONDS = 3.0
FROZEN_SECONDS = float(os.environ.get("FROZEN_SECONDS", "50"))
# nginx's own patience is 45 s.
PATIENCE_SECONDS = 60.0
# No page of this person takes so long by itself.
WAITED_SECONDS = 1.0


@dataclass
class Waiting:
    """Pages asked for while the replica was frozen; times in seconds after it froze."""

    statuses: Counter[str] = field(default_factory=Counter)
    waited: list[float] = field(default_factory=list)
    longest: float = 0.0

    def __str__(self) -> str:
        until = f"until {max(self.waited):.1f} s after the stop" if self.waited else "never"
        return (
            f"{self.statuses.total()} pages asked for, answers {dict(self.statuses)}, "
            f"{len(self.waited)} waited more than {WAITED_SECONDS:.0f} s ({until}), "
            f"the longest {self.longest:.1f} s"
        )


async def measure(*, watched: bool) -> Waiting:
    with Stack(app_services=2, watched=watched, CONNECTIONS_PER_ADDRESS="60000") as stack:
        timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=connector, timeout=timeout
        ) as http:
            visitor = Visitor(stack.url, "ada@example.com")
            await visitor.sign_in(http)
            await _pages(visitor, http, CALM_SECONDS)
            replica = stack.process("app_service.2")
            replica.pause()
            thaw = asyncio.get_running_loop().call_later(FROZEN_SECONDS, replica.resume)
            try:
                return await _pages(visitor, http, FROZEN_SECONDS)
            finally:
                thaw.cancel()
                replica.resume()


async def _pages(visitor: Visitor, http: aiohttp.ClientSession, seconds: float) -> Waiting:
    """Ask at a steady rate, whatever became of the pages before."""
    waiting = Waiting()
    began = time.perf_counter()

    async def page() -> None:
        asked = time.perf_counter()
        status = await visitor.get(http, "/")
        took = time.perf_counter() - asked
        waiting.statuses[status] += 1
        waiting.longest = max(waiting.longest, took)
        if took > WAITED_SECONDS:
            waiting.waited.append(asked - began)

    async with asyncio.TaskGroup() as pages:
        for number in range(int(seconds * PAGES_A_SECOND)):
            due = began + number / PAGES_A_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            pages.create_task(page())
    return waiting


async def main() -> None:
    for watched in (False, True):
        waiting = await measure(watched=watched)
        print(f"{'with' if watched else 'without'} nginx/watch: {waiting}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())

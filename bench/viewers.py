"""`python -m bench.viewers`: what the live space costs Webex while people just look.

The whole site with one replica, streams through nginx, everybody with a session of their own. For each
number of viewers: calls that the sandbox counts in an idle minute. Then, with the most: nginx is
reloaded and the app service restarted, and who stays and who comes back is counted.
"""

import argparse
import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp

from bench.visitor import Visitor
from harness.sandbox_control import SandboxControl
from harness.stack import Stack

SCOPES = (
    "spark:people_read spark:rooms_read spark:memberships_read "
    "spark:messages_read spark:messages_write spark:kms"
)
AT_ONCE = 20
# Nothing here runs longer or larger than that.
MOST_VIEWERS = 2000
MOST_SECONDS = 300
BACK_SECONDS = 60


@dataclass
class Viewer:
    """A browser's EventSource: opens the stream, and opens it again when it ends."""

    visitor: Visitor
    http: aiohttp.ClientSession
    opened: int = 0
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[str] = field(default_factory=list)

    async def look(self) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                await self._once()
            self.is_open.clear()
            await asyncio.sleep(1)

    async def _once(self) -> None:
        headers = {"Cookie": self.visitor.cookie}
        url = f"{self.visitor.url}/api/space/events"
        async with self.http.get(url, headers=headers) as answer:
            if answer.status != 200:
                return
            self.opened += 1
            self.is_open.set()
            async for line in answer.content:
                if line.startswith(b"data: ") and b"said in the bench" in line:
                    self.heard.append("message")


async def _each(visitors: list[Visitor], action: Callable[[Visitor], Awaitable[object]]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(visitor: Visitor) -> None:
        async with turns:
            await action(visitor)

    await asyncio.gather(*(one(visitor) for visitor in visitors))


async def idle(viewers: list[Viewer], sandbox: SandboxControl, seconds: int) -> str:
    """Calls at Webex while nothing happens."""
    await asyncio.gather(*(viewer.is_open.wait() for viewer in viewers))
    await asyncio.sleep(5)  # names and pictures are learnt once, in the beginning
    await sandbox.forget_calls()
    await asyncio.sleep(seconds)
    calls = await sandbox.all_calls()
    return f"{len(viewers)} viewers, {seconds} s: {sum(calls.values())} calls {calls}"


async def told(viewers: list[Viewer], sandbox: SandboxControl) -> str:
    """How long until the last one has what somebody wrote."""
    began = time.perf_counter()
    await sandbox.say("said in the bench")
    while not all(viewer.heard for viewer in viewers):  # noqa: ASYNC110 - they are many
        await asyncio.sleep(0.01)
    return f"a message reached all {len(viewers)} after {time.perf_counter() - began:.1f} s"


async def disturbed(viewers: list[Viewer], what: str, disturb: Callable[[], None]) -> str:
    """Who stays connected through it, and who is back when."""
    before = {id(viewer): viewer.opened for viewer in viewers}
    began = time.perf_counter()
    await asyncio.to_thread(disturb)
    await asyncio.sleep(5)
    stayed = sum(v.opened == before[id(v)] and v.is_open.is_set() for v in viewers)
    async with asyncio.timeout(BACK_SECONDS):
        await asyncio.gather(*(viewer.is_open.wait() for viewer in viewers))
    took = time.perf_counter() - began
    return f"{what}: {stayed} of {len(viewers)} stayed connected, all there after {took:.1f} s"


async def run(stack: Stack, numbers: list[int], seconds: int) -> None:
    sandbox = SandboxControl(stack.sandbox_url)
    async with AsyncExitStack() as closing:
        http = await closing.enter_async_context(
            aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None, sock_read=60),
            )
        )
        viewers: list[Viewer] = []
        for number in numbers:
            new = [
                Visitor(stack.url, f"viewer{n}@example.com") for n in range(len(viewers), number)
            ]
            await _each(new, lambda visitor: visitor.sign_in(http, scope=SCOPES))
            await _each(new, lambda visitor: visitor.get(http, "/widget"))
            for visitor in new:
                viewers.append(Viewer(visitor, http))
                task = asyncio.create_task(viewers[-1].look())
                closing.callback(task.cancel)
            print(await idle(viewers, sandbox, seconds), flush=True)
        print(await told(viewers, sandbox), flush=True)
        nginx, app = stack.process("nginx"), stack.process("app_service")
        print(await disturbed(viewers, "nginx reloaded", nginx.reload), flush=True)
        print(await disturbed(viewers, "app service restarted", app.restart), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="What the live space costs Webex.")
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 10, 1000])
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    numbers = sorted(min(number, MOST_VIEWERS) for number in options.viewers)
    with Stack(
        SIGN_IN_RATE="1000r/s", SIGN_IN_BURST="1000", CONNECTIONS_PER_ADDRESS="60000"
    ) as stack:
        asyncio.run(run(stack, numbers, min(options.seconds, MOST_SECONDS)))


if __name__ == "__main__":
    main()

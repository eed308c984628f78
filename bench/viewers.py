"""`python -m bench.viewers`: what the live space costs Webex and app_service while people look.

The whole site with one replica, streams through nginx, everybody with a session of their own. For each
number of viewers: calls that the sandbox counts in an idle minute, and memory of app_service (RSS), next to
what it has with one viewer. Then, with the most: twenty messages, which a webhook tells of, and how long
each takes from the moment it is written to each viewer; nginx is reloaded and the app service
restarted, and who stays and who comes back is counted.
"""

import argparse
import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TypeVar, cast

import aiohttp
import uvloop
from yarl import URL

from bench.tools.process import memory
from bench.visitor import Visitor
from harness.sandbox_control import SandboxControl
from harness.stack import Stack

T = TypeVar("T")

SCOPES = (
    "spark:people_read spark:rooms_read spark:memberships_read "
    "spark:messages_read spark:messages_write spark:kms"
)
AT_ONCE = 20
# Nothing here runs longer or larger than that.
MOST_VIEWERS = 2000
MOST_SECONDS = 300
BACK_SECONDS = 60
MESSAGES = 20
# What a desktop Chromium's EventSource sends besides, of what nginx passes on.
OF_A_BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36",
    "Accept": "text/event-stream",
    "Accept-Language": "en-GB,en-US;q=0.9,en;q=0.8",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
}
# One after the other: a poll follows another one half a second later at the soonest.
MESSAGE_SECONDS = 2.0


@dataclass(eq=False)
class Viewer(asyncio.Protocol):
    """A browser's EventSource: opens the stream, and opens it again when it ends."""

    visitor: Visitor
    headers: Mapping[str, str] = field(default_factory=dict)
    opened: int = 0
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[float] = field(default_factory=list)
    """When each message came, by time.perf_counter()."""
    _lost: asyncio.Event = field(default_factory=asyncio.Event)

    async def look(self) -> None:
        address = URL(self.visitor.url)
        while True:
            self._lost.clear()
            with contextlib.suppress(OSError):
                loop = asyncio.get_running_loop()
                transport, _ = await loop.create_connection(
                    lambda: self, address.host or "", address.port or 80
                )
                try:
                    await self._lost.wait()
                finally:
                    transport.close()
            self.is_open.clear()
            await asyncio.sleep(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        headers = {
            "Host": "x",
            "Connection": "close",
            **self.headers,
            "Cookie": self.visitor.cookie,
        }
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        head = f"GET /api/space/events HTTP/1.1\r\n{''.join(lines)}\r\n"
        cast("asyncio.Transport", transport).write(head.encode())

    def data_received(self, data: bytes) -> None:
        if not self.is_open.is_set():
            if not data.startswith(b"HTTP/1.1 200 "):
                return  # and hung up on
            self.opened += 1
            self.is_open.set()
        # In one piece, as its last line is: a message is small, and sent by itself.
        if _mark(len(self.heard)) in data:
            self.heard.append(time.perf_counter())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's own
        self._lost.set()


def _mark(number: int) -> bytes:
    """What only this message of the bench says."""
    return f"said in the bench: {number}.".encode()


async def _each(those: list[T], action: Callable[[T], Awaitable[object]]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(each: T) -> None:
        async with turns:
            await action(each)

    await asyncio.gather(*(one(each) for each in those))


async def idle(viewers: list[Viewer], sandbox: SandboxControl, seconds: int) -> str:
    """Calls at Webex while nothing happens."""
    await asyncio.gather(*(viewer.is_open.wait() for viewer in viewers))
    await asyncio.sleep(5)  # names and pictures are learnt once, in the beginning
    await sandbox.forget_calls()
    await asyncio.sleep(seconds)
    calls = await sandbox.all_calls()
    return f"{len(viewers)} viewers, {seconds} s: {sum(calls.values())} calls {calls}"


async def told(viewers: list[Viewer], sandbox: SandboxControl, *, webhooks: bool) -> str:
    """How long after it was written each of some messages was with each viewer."""
    took: list[float] = []
    numbers = itertools.count()
    # The webhooks are made some seconds after the first viewer came, and are relied on when one has told.
    while webhooks and max(await _said(viewers, sandbox, next(numbers))) > 1:
        pass
    for number in itertools.islice(numbers, MESSAGES):
        await asyncio.sleep(MESSAGE_SECONDS)
        took += await _said(viewers, sandbox, number)
    took.sort()
    median, late, last = (took[int(len(took) * part) - 1] * 1000 for part in (0.5, 0.99, 1))
    return (
        f"{MESSAGES} messages to {len(viewers)} viewers, from writing to arrival: "
        f"median {median:.0f} ms, p99 {late:.0f} ms, the last {last:.0f} ms"
    )


async def _said(viewers: list[Viewer], sandbox: SandboxControl, number: int) -> list[float]:
    began = time.perf_counter()
    await sandbox.say(_mark(number).decode())
    async with asyncio.timeout(BACK_SECONDS):
        while any(len(viewer.heard) <= number for viewer in viewers):  # noqa: ASYNC110 - they are many
            await asyncio.sleep(0.1)
    return [viewer.heard[number] - began for viewer in viewers]


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


async def run(
    stack: Stack, numbers: list[int], seconds: int, *, webhooks: bool, like_browsers: bool
) -> None:
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
        app = stack.process("app_service")
        first = 0.0
        for number in numbers:
            new = [
                Visitor(stack.url, f"viewer{n}@example.com") for n in range(len(viewers), number)
            ]
            await _each(new, lambda visitor: visitor.sign_in(http, scope=SCOPES))
            come = [Viewer(visitor, OF_A_BROWSER if like_browsers else {}) for visitor in new]
            viewers += come

            def look(viewer: Viewer) -> None:
                closing.callback(asyncio.create_task(viewer.look()).cancel)

            async def visit(viewer: Viewer) -> None:
                await viewer.visitor.get(http, "/widget")
                if like_browsers:
                    # nginx takes the connection to app_service that has just had the page.
                    look(viewer)
                    await viewer.is_open.wait()

            await _each(come, visit)
            if not like_browsers:
                for viewer in come:
                    look(viewer)
            print(await idle(viewers, sandbox, seconds), flush=True)
            held = memory(app.pid).largest
            first = first or held
            each = (held - first) / max(len(viewers) - numbers[0], 1) * 1024
            print(f"app_service: {held:.1f} MB, {each:.1f} kB for each more viewer", flush=True)
        print(await told(viewers, sandbox, webhooks=webhooks), flush=True)
        nginx = stack.process("nginx")
        print(await disturbed(viewers, "nginx reloaded", nginx.reload), flush=True)
        print(await disturbed(viewers, "app service restarted", app.restart), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="What the live space costs Webex.")
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 10, 1000])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--webhooks", action="store_true", help="Webex tells of messages")
    parser.add_argument(
        "--like-browsers",
        action="store_true",
        help="with a browser's headers, and each stream right behind its page",
    )
    options = parser.parse_args()
    numbers = sorted(min(number, MOST_VIEWERS) for number in options.viewers)
    with Stack(
        SIGN_IN_RATE="1000r/s",
        SIGN_IN_BURST="1000",
        CONNECTIONS_PER_ADDRESS="60000",
        WEBHOOKS="on" if options.webhooks else "off",
    ) as stack:
        seconds = min(options.seconds, MOST_SECONDS)
        uvloop.run(
            run(
                stack,
                numbers,
                seconds,
                webhooks=options.webhooks,
                like_browsers=options.like_browsers,
            )
        )


if __name__ == "__main__":
    main()

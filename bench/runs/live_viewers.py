"""W7: people who watch one space through nginx: memory, and how soon a message is there."""

import asyncio
import contextlib
import random
import re
import resource
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from bench.plan import Plan
from bench.results import Results
from bench.tools.installed import services_python
from bench.tools.process import CONTENDER_CORE, memory, pin
from bench.tools.raw_http import HOST
from harness.person import consent
from harness.sandbox_control import SandboxControl
from harness.stack import Stack

SCOPES = (
    "spark:people_read spark:rooms_read spark:memberships_read "
    "spark:messages_read spark:messages_write spark:kms"
)
# Sign-ins at a time, and the most files that one process needs for its streams.
AT_ONCE = 10
OPEN_FILES = 8192
LONGEST_SECONDS = 60.0
SAID = re.compile(rb"bench-\d+-\d+")


@dataclass
class Stream:
    """One open stream of server-sent events."""

    cookie: str = field(repr=False)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    heard: dict[str, float] = field(default_factory=dict)
    """When each text of the benchmark arrived, by time.perf_counter()."""
    refused: int = 0
    """How often the stream was not to be had; whoever watches tries again after a second."""

    async def watch(self, port: int) -> None:
        while True:
            with contextlib.suppress(OSError, EOFError):
                await self._listen(port)
            self.refused += 1
            await asyncio.sleep(1)

    async def _listen(self, port: int) -> None:
        reader, writer = await asyncio.open_connection(HOST, port, limit=2**20)
        request = (
            f"GET /api/space/events HTTP/1.1\r\nHost: localhost:{port}\r\n"
            f"Accept: text/event-stream\r\nCookie: {self.cookie}\r\n\r\n"
        )
        try:
            writer.write(request.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                return
            self.opened.set()
            async for line in reader:
                for text in SAID.findall(line):
                    self.heard.setdefault(text.decode(), time.perf_counter())
        finally:
            writer.close()


@dataclass
class ViewersRun:
    plan: Plan
    results: Results

    async def run(self) -> None:
        _allow_many_files()
        python = services_python()
        with Stack(
            python=python,
            SIGN_IN_RATE="100000r/s",
            SIGN_IN_BURST="100000",
            CONNECTIONS_PER_ADDRESS="60000",
        ) as stack:
            pin(stack.process("app_service").pid, CONTENDER_CORE)
            cookies = await self._people(stack, max(self.plan.viewers))
            streams: list[Stream] = []
            async with asyncio.TaskGroup() as group:
                tasks = []
                for number in self.plan.viewers:
                    new = [Stream(cookie) for cookie in cookies[len(streams) : number]]
                    tasks += [group.create_task(each.watch(stack.ports.door)) for each in new]
                    streams += new
                    async with asyncio.timeout(LONGEST_SECONDS):
                        await asyncio.gather(*(stream.opened.wait() for stream in new))
                    await self._measure(stack, streams)
                for task in tasks:
                    task.cancel()

    async def _measure(self, stack: Stack, streams: Sequence[Stream]) -> None:
        sandbox, delays = SandboxControl(stack.sandbox_url), list[float]()
        lost = 0
        for number in range(self.plan.messages):
            # Not in step with a service that asks at fixed times.
            await asyncio.sleep(random.uniform(0.5, 1.5))
            text = f"bench-{len(streams)}-{number}"
            said = time.perf_counter()
            await sandbox.say(text)
            lost += await _arrived(streams, text)
            delays += [each.heard[text] - said for each in streams if text in each.heard]
        used = memory(stack.process("app_service").pid)
        self.results.add(
            *("W7", "", f"{len(streams)} viewer{'s' if len(streams) > 1 else ''}"),
            median=statistics.median(delays) * 1000,
            p99=sorted(delays)[int(len(delays) * 0.99)] * 1000,
            lost=lost,
            refused=sum(each.refused for each in streams),
            megabytes=used.largest,
        )
        print(
            f"  W7 {len(streams):5} viewers: {self.plan.messages} messages there after "
            f"{statistics.median(delays):.2f} s (median), {max(delays):.2f} s (last), "
            f"{sum(each.refused for each in streams)} opened again, "
            f"{lost} not within {LONGEST_SECONDS:.0f} s, app_service {used.largest:.0f} MB",
            flush=True,
        )

    @staticmethod
    async def _people(stack: Stack, number: int) -> list[str]:
        """Sign everybody in, and have the bot let them into the space."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(which: int) -> str:
            async with turns:
                return await _member(stack, f"viewer-{which}@example.com")

        began = time.perf_counter()
        cookies = await asyncio.gather(*(one(which) for which in range(number)))
        print(f"  W7 {number} people entered in {time.perf_counter() - began:.0f} s", flush=True)
        return cookies


async def _arrived(streams: Sequence[Stream], text: str) -> int:
    """Wait until everybody has it; return how many do not."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_SECONDS):
            while not all(text in each.heard for each in streams):  # noqa: ASYNC110 - they are many
                await asyncio.sleep(0.01)
    return sum(text not in each.heard for each in streams)


async def _member(stack: Stack, email: str) -> str:
    """Sign in, allow what the space needs, and open it once; return the Cookie header."""
    jar = aiohttp.CookieJar(unsafe=True)
    site = URL(stack.url)
    async with (
        aiohttp.ClientSession(cookie_jar=jar) as http,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as webex,
    ):
        start = site.joinpath("login").with_query({"scope": SCOPES})
        async with http.get(start, allow_redirects=False) as answer:
            to_webex = answer.headers["Location"]
        back = await consent(webex, to_webex, email)
        async with http.get(URL(back, encoded=True), allow_redirects=False) as answer:
            assert answer.status == 303, answer.status
        async with http.get(site.joinpath("widget")) as answer:
            assert answer.status == 200, answer.status
        cookies = jar.filter_cookies(site)
        return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < OPEN_FILES <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))

"""`python -m bench.large --soak MINUTES`: mixed traffic, a fault every minute, and what grows meanwhile.

Two replicas of each service. Pages, whole sign-ins and sign-outs at a steady rate, and people who watch a
space. The faults come in turn, and kill or stop the second replicas only: the first ones live through all of
it, and their memory and open files are looked at just before each fault, when all is calm again.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import aiohttp
from redis.asyncio import Redis

from bench.large.site import OPEN_DOOR
from bench.large.trend import second_half, slope
from bench.runs.live_viewers import SCOPES, Stream
from bench.steady_load import SteadyLoad
from bench.tools.installed import services_python
from bench.tools.process import members, memory
from bench.visitor import Visitor
from common.background import cancelled
from harness.stack import Stack

PAGES, SIGN_INS, SIGN_OUTS = 40, 1, 0.5
WATCHERS = 50
FAULT_SECONDS, LASTS_SECONDS = 60.0, 5.0
LIVING = ("app_service", "auth_service", "nginx")

Act = Callable[[], Awaitable[object]]


@dataclass
class Samples:
    """Memory (MB) and open files of the processes that no fault ends, over time."""

    memory: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    files: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def take(self, stack: Stack, at: float) -> str:
        """Look now and say it; `at` is the time since the start, in seconds."""
        for name in LIVING:
            session = stack.process(name).pid
            self.memory.setdefault(name, []).append((at, memory(session).together))
            files = sum(map(_open_files, members(session)))
            self.files.setdefault(name, []).append((at, files))
        return ", ".join(f"{name} {found[-1][1]:.1f} MB" for name, found in self.memory.items())

    def told(self) -> dict[str, float]:
        found = {}
        for name, samples in self.memory.items():
            found[f"{name}: MB at the start"] = samples[0][1]
            found[f"{name}: MB at the end"] = samples[-1][1]
            found[f"{name}: MB more in an hour"] = slope(second_half(samples))
        for name, samples in self.files.items():
            found[f"{name}: open files at the end"] = samples[-1][1]
            found[f"{name}: open files more in an hour"] = slope(second_half(samples))
        return found


async def soak(minutes: int) -> dict[str, float]:
    with Stack(
        python=services_python(), auth_services=2, app_services=2, watched=True, **OPEN_DOOR
    ) as stack:
        samples = Samples()
        async with (
            SteadyLoad(stack.url, pages=PAGES, sign_ins=SIGN_INS) as load,
            asyncio.TaskGroup() as group,
        ):
            beside = [
                group.create_task(_sign_outs(stack)),
                *[group.create_task(each.watch(stack.ports.door)) for each in await _watch(stack)],
            ]
            look = partial(samples.take, stack)
            await _faults(_turns(stack), minutes, look, load)
            for task in beside:
                await cancelled(task)
        told = load.tally
        return {
            "minutes, with a fault in each": minutes,
            "requests": told.kinds.total(),
            "failed": sum(told.failures.values()),
            "signed out": told.sign_outs,
            "longest time without a good answer, s": told.gap,
            **samples.told(),
        }


async def _faults(
    turns: Sequence[tuple[str, Act]],
    minutes: int,
    look: Callable[[float], str],
    load: SteadyLoad,
) -> None:
    """One after the other, each after a calm minute at whose end somebody looks; and a last one without."""
    for minute, (name, act) in zip(range(1, minutes + 1), itertools.cycle(turns), strict=False):
        await asyncio.sleep(FAULT_SECONDS)
        sizes = look(minute * FAULT_SECONDS)
        print(f"  minute {minute}: {sizes}; {load.tally}; now {name}", flush=True)
        await act()
    await asyncio.sleep(FAULT_SECONDS)
    look((minutes + 1) * FAULT_SECONDS)


def _turns(stack: Stack) -> list[tuple[str, Act]]:
    redis = stack.process("redis")

    async def paused() -> None:
        redis.pause()
        await asyncio.sleep(LASTS_SECONDS)
        redis.resume()

    async def killed() -> None:
        await asyncio.to_thread(redis.kill)
        await asyncio.sleep(LASTS_SECONDS)
        redis.start()

    async def cut() -> None:
        # A connection of its own: one that is kept did not live through the faults before.
        async with Redis.from_url(stack.redis) as admin:
            await admin.client_kill_filter(_type="normal", skipme=True)

    async def gone(name: str) -> None:
        await asyncio.to_thread(stack.process(name).kill)
        await asyncio.sleep(LASTS_SECONDS)
        stack.process(name).start()
        await asyncio.to_thread(stack.wait_for, name)

    async def frozen() -> None:
        stack.process("app_service.2").pause()
        await asyncio.sleep(2 * LASTS_SECONDS)
        stack.process("app_service.2").resume()

    async def reloaded() -> None:
        stack.process("nginx").reload()

    return [
        ("Redis paused", paused),
        ("app_service.2 killed", lambda: gone("app_service.2")),
        ("connections to Redis cut", cut),
        ("nginx reloaded", reloaded),
        ("Redis killed", killed),
        ("auth_service.2 killed", lambda: gone("auth_service.2")),
        ("app_service.2 frozen", frozen),
    ]


async def _watch(stack: Stack) -> list[Stream]:
    """People who look at the space all the time."""
    streams = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        for number in range(WATCHERS):
            visitor = Visitor(stack.url, f"viewer-{number}@example.com")
            await visitor.sign_in(http, scope=SCOPES)
            await visitor.get(http, "/widget")
            streams.append(Stream(visitor.cookie))
    return streams


async def _sign_outs(stack: Stack) -> None:
    """Somebody signs in and out again, once in a while; what a fault spoils is not counted here."""
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=60)
    ) as http:
        while True:
            visitor = Visitor(stack.url, "ada@example.com")
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, AssertionError, KeyError):
                await visitor.sign_in(http)
                headers = {"Cookie": visitor.cookie, "Origin": stack.url}
                async with http.post(f"{stack.url}/logout", headers=headers) as answer:
                    await answer.read()
            await asyncio.sleep(1 / SIGN_OUTS)


def _open_files(pid: int) -> int:
    with contextlib.suppress(OSError):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0

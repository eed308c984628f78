"""`python -m bench.large --viewers 10000`: so many people watch one space, through nginx, over two replicas.

Each is signed in and has a session of their own. With `--people 2500` they have four tabs each: to sign
everybody in is what takes longest.
"""

import asyncio
import contextlib
import random
import resource
import statistics
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

import aiohttp

from bench.large.site import OPEN_DOOR, seconds_since
from bench.large.table import in_lines
from bench.runs.live_viewers import SCOPES, Stream
from bench.tools.installed import services_python
from bench.tools.process import cpu_seconds, members, memory
from bench.visitor import Visitor
from harness.sandbox_control import SandboxControl
from harness.stack import Stack

AT_ONCE = 16
MESSAGES = 10
IDLE_SECONDS = 20.0
LONGEST_SECONDS, BACK_SECONDS = 120.0, 60.0
# What this program and each of nginx's workers need beside the streams.
FILES_BESIDE = 200
MEASURED = ("app_service", "app_service.2", "nginx")


def most_viewers() -> int:
    """How many streams this program may open: one file each. Raises what it may to what it can."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - FILES_BESIDE


async def watch(viewers: int, people: int) -> dict[str, float]:
    with Stack(python=services_python(), app_services=2, **OPEN_DOOR) as stack:
        began = time.perf_counter()
        cookies = await _people(stack, people)
        found = {"people": people, "people signed in a second": people / seconds_since(began)}
        before = {name: _megabytes(stack, name) for name in MEASURED}
        began = time.perf_counter()
        streams = [Stream(cookie) for cookie in islice(cycle(cookies), viewers)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each.watch(stack.ports.door)) for each in streams]
            await _all_open(streams)
            found["all streams open after, s"] = seconds_since(began)
            for part in (
                _idle(stack, viewers, before),
                _messages(stack, streams),
                _replica_gone(stack, streams),
            ):
                found |= await part
                print(in_lines(found), flush=True)
            for task in tasks:
                task.cancel()
    return found


async def _people(stack: Stack, number: int) -> list[str]:
    """Sign everybody in, and have the bot let them into the space; return their cookies."""
    left, cookies = iter(range(number)), list[str]()

    async def work(http: aiohttp.ClientSession) -> None:
        for which in left:
            visitor = Visitor(stack.url, f"viewer-{which}@example.com")
            # A busy machine may answer 503; its person tries again.
            while not await _is_in(visitor, http):  # noqa: ASYNC110 - it is in another process
                await asyncio.sleep(1)
            cookies.append(visitor.cookie)
            if len(cookies) % 1000 == 0:
                print(f"  {len(cookies):,} of {number:,} people are in", flush=True)

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        await asyncio.gather(*(work(http) for _ in range(AT_ONCE)))
    return cookies


async def _is_in(visitor: Visitor, http: aiohttp.ClientSession) -> bool:
    with contextlib.suppress(AssertionError):
        await visitor.sign_in(http, scope=SCOPES)
        return await visitor.get(http, "/widget") == "200"
    return False


async def _all_open(streams: Sequence[Stream]) -> None:
    async with asyncio.timeout(LONGEST_SECONDS):
        await asyncio.gather(*(stream.opened.wait() for stream in streams))


async def _idle(stack: Stack, viewers: int, before: dict[str, float]) -> dict[str, float]:
    """What the open streams hold and use while nobody says anything."""
    sandbox = SandboxControl(stack.sandbox_url)
    await sandbox.forget_calls()
    used = {name: cpu_seconds(stack.process(name).pid) for name in MEASURED}
    await asyncio.sleep(IDLE_SECONDS)
    found = {}
    for name in MEASURED:
        streams = viewers if name == "nginx" else viewers / 2
        kilobytes = (_megabytes(stack, name) - before[name]) * 1024 / streams
        cores = (cpu_seconds(stack.process(name).pid) - used[name]) / IDLE_SECONDS
        found[f"{name}: kB for a stream"] = kilobytes
        found[f"{name}: MB"] = _megabytes(stack, name)
        found[f"{name}: open files"] = _open_files(stack, name)
        found[f"{name}: of a core while nothing happens"] = cores
    calls = sum((await sandbox.all_calls()).values())
    found["calls to Webex in a minute"] = calls * 60 / IDLE_SECONDS
    return found


async def _messages(stack: Stack, streams: Sequence[Stream]) -> dict[str, float]:
    """How soon a message is with everybody."""
    sandbox, delays, last = SandboxControl(stack.sandbox_url), list[float](), list[float]()
    for number in range(MESSAGES):
        # Not in step with a service that asks at fixed times.
        await asyncio.sleep(random.uniform(0.5, 1.5))
        text = f"bench-{len(streams)}-{number}"
        said = time.perf_counter()
        await sandbox.say(text)
        await _heard(streams, text)
        took = [each.heard[text] - said for each in streams if text in each.heard]
        delays += took
        last.append(max(took))
    lost = MESSAGES * len(streams) - len(delays)
    return {
        "a message is there after, s (median)": statistics.median(delays),
        "with the last of them after, s (median of messages)": statistics.median(last),
        "messages not there within two minutes": lost,
    }


async def _heard(streams: Sequence[Stream], text: str) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_SECONDS):
            while not all(text in each.heard for each in streams):  # noqa: ASYNC110 - they are many
                await asyncio.sleep(0.02)


async def _replica_gone(stack: Stack, streams: Sequence[Stream]) -> dict[str, float]:
    """A replica is killed: those who looked through it are let in by the other one."""
    before = sum(each.refused for each in streams)
    began = time.perf_counter()
    await asyncio.to_thread(stack.process("app_service.2").kill)
    text = f"bench-{len(streams)}-{MESSAGES}"
    sandbox = SandboxControl(stack.sandbox_url)
    # Whoever has this message is back; said again, because a new stream begins with what is new.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BACK_SECONDS):
            while not all(text in each.heard for each in streams):
                await sandbox.say(text)
                await asyncio.sleep(5)
    back = [each.heard[text] - began for each in streams if text in each.heard]
    return {
        "a replica killed: viewers who have what is said next": len(back),
        "a replica killed: half of them have it after, s": statistics.median(back),
        "a replica killed: the last of them has it after, s": max(back),
        "a replica killed: streams opened again": sum(each.refused for each in streams) - before,
        "a replica killed: app_service, MB": _megabytes(stack, "app_service"),
    }


def _megabytes(stack: Stack, name: str) -> float:
    return memory(stack.process(name).pid).together


def _open_files(stack: Stack, name: str) -> int:
    """Of the process that has the most."""
    pids = members(stack.process(name).pid)
    return max(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)

"""`python -m bench.sizing`: what a session, a page, a sign-in and a viewer cost, and what a size needs.

Measured on a stack of this machine's processes; the processor's time is that of each process, so other
work on the machine makes it no larger. The second part calculates from it: one million sessions, and
10 000 sign-ins a minute.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import aiohttp
from redis.asyncio import Redis

from auth_service.sessions.person_index import PersonIndex
from auth_service.sessions.writer import BORN_MS, SessionWriter
from bench.tools.sessions import SCOPES, write_session
from bench.visitor import Visitor
from common.sessions.reader import SessionReader
from common.sessions.sealing import Sealer
from common.store.access import RedisAccess
from common.store.servers import Single
from harness.stack import Stack

SESSIONS = 5_000
PAGES = 3_000
SIGN_INS = 200
VIEWERS = 240
AT_ONCE = 16
PER_SESSION = 12
# Room for peaks and for a replica that is gone.
USE_OF_A_CORE = 0.6
USE_OF_MEMORY = 0.6

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Costs:
    """Seconds of a core, and bytes."""

    session_bytes: float
    page: dict[str, float]
    sign_in: dict[str, float]
    viewer_bytes: float
    viewer: float


def processor_seconds(stack: Stack, name: str) -> float:
    """What a process and all it has started have used so far."""
    return sum(int(stat[11]) + int(stat[12]) for stat in _stats(stack, name)) / TICKS


def resident_bytes(stack: Stack, name: str) -> int:
    return sum(int(stat[21]) for stat in _stats(stack, name)) * PAGE_BYTES


def _stats(stack: Stack, name: str) -> list[list[str]]:
    """The fields behind the name in /proc/PID/stat (proc(5)) for each process of the group."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == stack.process(name).pid:
            found.append(fields)
    return found


async def session_bytes(stack: Stack) -> float:
    """What Redis needs for a session with its entry in the index, tokens as long as Webex's."""
    client = Redis.from_url(stack.redis)
    sealer = Sealer((stack.secret("session_keys"),))
    access = RedisAccess(Single(client))
    reader, index = SessionReader(access, sealer, idle_seconds=28_800), PersonIndex(access, sealer)
    writer = SessionWriter(access, reader)
    before = (await client.info("memory"))["used_memory"]
    for _ in range(SESSIONS):
        person = secrets.token_urlsafe(60)
        await write_session(person, reader=reader, writer=writer, index=index)
    # Until then each new record has a second key; and one that has ended counts until somebody looks.
    await asyncio.sleep(BORN_MS / 1000)
    async for _ in client.scan_iter(count=10_000):
        pass
    after = (await client.info("memory"))["used_memory"]
    await client.flushdb()
    await access.close()
    return float(after - before) / SESSIONS


async def each_costs(
    stack: Stack, act: Callable[[], Awaitable[object]], times: int
) -> dict[str, float]:
    """Seconds of a core that one call of `act` costs each process."""
    names = ("nginx", "auth_service", "app_service", "redis")
    before = {name: processor_seconds(stack, name) for name in names}
    left = iter(range(times))

    async def work() -> None:
        for _ in left:
            await act()

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return {name: (processor_seconds(stack, name) - before[name]) / times for name in names}


async def viewers_cost(stack: Stack, http: aiohttp.ClientSession) -> tuple[float, float]:
    """Bytes of app_service for an open stream, and seconds of a core it uses in a second."""
    visitors = [Visitor(stack.url, "ada@example.com") for _ in range(VIEWERS // PER_SESSION)]
    for visitor in visitors:
        await visitor.sign_in(http)
        await visitor.get(http, "/widget")
    before = resident_bytes(stack, "app_service")
    url = f"{stack.url}/api/space/events"
    streams = [
        await http.get(url, headers={"Cookie": visitor.cookie})
        for visitor in visitors
        for _ in range(PER_SESSION)
    ]
    assert {stream.status for stream in streams} == {200}
    used, began = processor_seconds(stack, "app_service"), time.perf_counter()
    await asyncio.sleep(20)
    idle = (processor_seconds(stack, "app_service") - used) / (time.perf_counter() - began)
    grown = resident_bytes(stack, "app_service") - before
    for stream in streams:
        stream.close()
    return grown / VIEWERS, idle / VIEWERS


async def measure() -> Costs:
    with Stack(
        SCOPES=SCOPES, SIGN_IN_RATE="5000r/s", SIGN_IN_BURST="5000", CONNECTIONS_PER_ADDRESS="60000"
    ) as stack:
        per_session = await session_bytes(stack)
        async with aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=0)
        ) as http:
            visitor = Visitor(stack.url, "grace@example.com")
            await visitor.sign_in(http)
            page = await each_costs(stack, lambda: visitor.get(http, "/"), PAGES)
            sign_in = await each_costs(
                stack, lambda: Visitor(stack.url, "ada@example.com").sign_in(http), SIGN_INS
            )
            viewer_bytes, viewer = await viewers_cost(stack, http)
    return Costs(per_session, page, sign_in, viewer_bytes, viewer)


def told(costs: Costs) -> str:
    lines = [
        f"a session: {costs.session_bytes:.0f} bytes of Redis",
        f"    {1e9 / costs.session_bytes:,.0f} sessions in 1 GB",
        f"a signed-in page: {_milliseconds(costs.page)}",
        f"    {1 / costs.page['app_service']:,.0f} pages a second by one core of app_service",
        f"a sign-in (two requests): {_milliseconds(costs.sign_in)}",
        f"    {1 / costs.sign_in['auth_service']:,.0f} sign-ins a second by one core of auth_service",
        f"a viewer: {costs.viewer_bytes / 1000:.0f} kB of app_service",
        f"    {costs.viewer * 1e6:.0f} microseconds of a core each second while nothing happens",
    ]
    return "\n".join(lines)


def one_million_sessions(costs: Costs, *, sessions: int = 1_000_000) -> str:
    """Everybody loads 20 pages in a day, a tenth of them in the busiest hour."""
    memory = sessions * costs.session_bytes / USE_OF_MEMORY
    pages = sessions * 20 * 0.1 / 3600
    refreshes = sessions / (1_209_599 * 0.9)
    lines = [
        f"{sessions:,} sessions, 20 pages a day each, a tenth in the busiest hour:",
        f"    Redis: {memory / 1e9:.1f} GB with room to grow and to copy itself",
        f"    {pages:,.0f} pages a second: {_needs(costs.page, pages)}",
        f"    {refreshes:.1f} refreshes a second at Webex, if all tokens live 14 days",
    ]
    return "\n".join(lines)


def sign_ins_a_minute(costs: Costs, *, rate: int = 10_000) -> str:
    """The morning after everybody was signed out."""
    a_second = rate / 60
    webex_seconds = 0.5
    waiting = a_second * webex_seconds * 2
    lines = [
        f"{rate:,} sign-ins a minute ({a_second:.0f} a second):",
        f"    {_needs(costs.sign_in, a_second)}",
        f"    {2 * a_second:.0f} calls to Webex a second; at {webex_seconds} s each {waiting:.0f} at a time",
        f"    {ceil(waiting / 100)} or more workers of auth_service (100 connections each)",
        f"    {a_second * 600:,.0f} marks of used states in Redis at a time",
    ]
    return "\n".join(lines)


def _needs(cost: dict[str, float], rate: float) -> str:
    cores = {name: seconds * rate for name, seconds in cost.items() if seconds * rate >= 0.005}
    parts = [
        f"{name} {used:.2f} cores, so {ceil(used / USE_OF_A_CORE)} worker(s)"
        for name, used in cores.items()
    ]
    return "; ".join(parts)


def _milliseconds(cost: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds * 1000:.2f} ms" for name, seconds in cost.items())


async def main() -> None:
    costs = await measure()
    for part in (told(costs), one_million_sessions(costs), sign_ins_a_minute(costs)):
        print(part, flush=True)


if __name__ == "__main__":
    asyncio.run(main())

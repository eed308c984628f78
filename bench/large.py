"""`python -m bench.large [--most 1000000]`: the site with 1 000 to 1 000 000 sessions, each size measured.

Sessions are written by auth_service's own writer and index, into a real Redis with its append-only file. For
each size: what a session takes of Redis, what a page costs and how long it takes, how long it takes to end
all sessions of a person, and how long Redis takes to start again from its file. A size that was measured
stays in .run/bench/large.json and is left out the next time: a run that was broken off goes on where it was.
"""

import argparse
import asyncio
import json
import os
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

import redis
from auth_service.sessions.of_person import PersonSessions
from auth_service.sessions.person_index import PersonIndex
from auth_service.sessions.writer import BORN_MS, SessionWriter
from bench.peers.kinds import GENERATED
from bench.runs.pages import cpu_a_page
from bench.tools import programs
from bench.tools.cost import measured
from bench.tools.installed import services_python
from bench.tools.process import CONTENDER_CORE, pin, pin_others
from bench.tools.sessions import write_session
from bench.tools.wrk import load
from common.sessions.cookies import Cookies
from common.sessions.reader import SessionReader
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.store.access import RedisAccess
from common.store.servers import Single
from harness.stack import Stack

SIZES = (1_000, 10_000, 100_000, 1_000_000)
RESULTS = GENERATED / "large.json"
# So much of memory: Redis with its copy while the file is written anew, and the services.
BYTES_A_SESSION = 4_000
BYTES_BESIDE = 700_000_000
AT_ONCE = 128
ASKED_FOR = 1_000
SECONDS, CONNECTIONS, TRIES = 10, 32, 3
OF_A_PERSON = (1, 10, 100)


@dataclass
class Site:
    """The services' own classes on the stack's Redis, as auth_service wires them."""

    stack: Stack

    def __post_init__(self) -> None:
        self.client = Redis.from_url(self.stack.redis)
        access, sealer = (
            RedisAccess(Single(self.client)),
            Sealer((self.stack.secret("session_keys"),)),
        )
        self.reader = SessionReader(access, sealer, idle_seconds=28_800)
        self.index, self.writer = PersonIndex(access, sealer), SessionWriter(access, self.reader)
        self.of_person = PersonSessions(self.writer, self.index, idle_seconds=28_800)
        self.access = access

    async def write(self, person: str) -> Ticket:
        """A session as a sign-in leaves it."""
        return await write_session(person, reader=self.reader, writer=self.writer, index=self.index)

    async def fill(self, sessions: int) -> list[Ticket]:
        """Write so many, each of another person; return some of them, from first to last."""
        left, kept = iter(range(sessions)), dict[int, Ticket]()
        every = max(1, sessions // ASKED_FOR)

        async def work() -> None:
            for number in left:
                ticket = await self.write(secrets.token_urlsafe(60))
                if number % every == 0:
                    kept[number] = ticket
                if number and number % 10_000 == 0:
                    print(f"  {number:,} of {sessions:,} written", flush=True)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return [kept[number] for number in sorted(kept)]


async def measure(sessions: int) -> dict[str, float]:
    """What a site with so many sessions costs, by name; names end in their units."""
    with Stack(python=services_python()) as stack:
        site = Site(stack)
        empty = await _used(site)
        tickets = await site.fill(sessions)
        # Until then each new record has a second key (auth_service.sessions.writer).
        await asyncio.sleep(BORN_MS / 1000)
        found = {"bytes a session": (await _used(site) - empty) / sessions}
        found |= await _page(site, tickets)
        for number in OF_A_PERSON:
            found[f"end all {number}, ms"] = await _end_all(site, number)
        found["restart, s"] = await _restart(site)
        await site.access.close()
    return found


async def _used(site: Site) -> int:
    # Keys that have ended are counted until Redis comes by; a look at all of them is one.
    async for _ in site.client.scan_iter(count=10_000):
        pass
    return int((await site.client.info("memory"))["used_memory"])


async def _page(site: Site, tickets: Sequence[Ticket]) -> dict[str, float]:
    """Ask for the greeting of people from all over the keys, over 32 connections."""
    person = {"id": "p", "displayName": "Person"}
    await asyncio.gather(*(site.reader.keep_person(ticket, person) for ticket in tickets))
    process, name = site.stack.process("app_service").pid, Cookies(site.stack.url).session
    pin(process, CONTENDER_CORE)
    cookies = [f"{name}={ticket.cookie}" for ticket in tickets]
    page, cost = await measured(
        lambda: load(
            site.stack.ports.app_service[0],
            "/",
            connections=CONNECTIONS,
            seconds=SECONDS,
            cookies=cookies,
        ),
        (process,),
        tries=TRIES,
        on_disturbed=lambda: None,
    )
    assert not page.failed, page.failures
    return {
        "page, µs of CPU": cpu_a_page(cost, page),
        "page p50, ms": page.median,
        "page p99, ms": page.p99,
    }


async def _end_all(site: Site, number: int) -> float:
    """End all sessions of a person who has so many; return how long that took."""
    person = secrets.token_urlsafe(60)
    await asyncio.gather(*(site.write(person) for _ in range(number)))
    began = time.perf_counter()
    ended = await site.of_person.end_all(person)
    assert ended == number, f"{ended} of {number} ended"
    return (time.perf_counter() - began) * 1000


async def _restart(site: Site) -> float:
    """Stop Redis and start it; return how long it takes until it has everything again."""
    before = await site.client.dbsize()
    process = site.stack.process("redis")
    process.stop()
    began = time.perf_counter()
    process.start()
    found = await asyncio.to_thread(_size_when_it_is_there, site.stack.redis)
    seconds = time.perf_counter() - began
    # What was kept of people for the page may have ended meanwhile.
    assert found >= before - 2 * ASKED_FOR, f"{found} keys of {before}"
    return seconds


def _size_when_it_is_there(url: str) -> int:
    """Wait until Redis has read its file; return how many keys it has."""
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                return int(client.dbsize())
            except redis.RedisError:  # not there yet, or still reading
                time.sleep(0.02)


def table(results: dict[str, dict[str, float]]) -> str:
    """All sizes that were measured, as Markdown."""
    sizes = sorted(results, key=int)
    names = dict.fromkeys(name for size in sizes for name in results[size])
    lines = ["| sessions | " + " | ".join(f"{int(size):,}" for size in sizes) + " |"]
    lines.append("| --- |" + " ---: |" * len(sizes))
    for name in names:
        values = (results[size].get(name) for size in sizes)
        cells = " | ".join("" if each is None else f"{each:,.4g}" for each in values)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.large")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="leave larger sizes out")
    parser.add_argument("--again", action="store_true", help="forget what was measured before")
    told = parser.parse_args(arguments)
    if problem := programs.missing("wrk"):
        print(problem, file=sys.stderr)
        return 1
    sizes = [size for size in SIZES if size <= told.most]
    needed = max(sizes, default=0) * BYTES_A_SESSION + BYTES_BESIDE
    there = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    print(f"Needs {needed / 1e9:.1f} GB of memory; {there / 1e9:.1f} GB are free.", flush=True)
    if there < needed:
        print("That is not enough: leave larger sizes out by --most.", file=sys.stderr)
        return 1
    pin_others()
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    kept = RESULTS.is_file() and not told.again
    results = json.loads(RESULTS.read_text("utf-8")) if kept else {}
    for size in sizes:
        if str(size) in results:
            print(f"{size:,} sessions were measured before.", flush=True)
            continue
        print(f"{size:,} sessions …", flush=True)
        results[str(size)] = asyncio.run(measure(size))
        RESULTS.write_text(json.dumps(results, indent=1), encoding="utf-8")
        print(table(results), flush=True)
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a size costs: the signed-in page, the end of all of a person's sessions, and Redis' own file."""

import asyncio
import contextlib
import os
import secrets
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis.exceptions import RedisError

from bench.large.site import Site, disturbed, seconds_since
from bench.runs.pages import cpu_a_page
from bench.tools.cost import measured
from bench.tools.process import CONTENDER_CORE, OTHERS_CORE, memory_of, pin
from bench.tools.wrk import load
from harness.redis_group import RedisNode

SECONDS, TRIES = 8, 3
CONNECTIONS = (1, 32)
OF_A_PERSON, TIMES = (1, 10, 100), 5
AGAIN_SECONDS = 0.02


async def page(site: Site, node: RedisNode) -> dict[str, float]:
    """The greeting of people from all over the keys, asked of one replica over 1 and over 32 connections."""
    process, found = site.stack.process("app_service").pid, dict[str, float]()
    with _on_cores(process, node.pid):
        for connections in CONNECTIONS:
            answered, cost = await measured(
                lambda connections=connections: load(  # type: ignore[misc]
                    site.stack.ports.app_service[0],
                    "/",
                    connections=connections,
                    seconds=SECONDS,
                    cookies=site.cookies,
                ),
                (process,),
                tries=TRIES,
                on_disturbed=lambda: None,
            )
            assert not answered.failed, answered.failures
            over = f"page, {connections} at a time"
            found[f"{over}: µs of CPU"] = cpu_a_page(cost, answered)
            found[f"{over}: p50, ms"] = answered.median
            found[f"{over}: p99, ms"] = answered.p99
    return found


@contextmanager
def _on_cores(contender: int, redis: int) -> Iterator[None]:
    """The contender alone on its core; this program, what it starts and Redis on the other one."""
    before = os.sched_getaffinity(0)
    pin(contender, CONTENDER_CORE)
    os.sched_setaffinity(redis, {OTHERS_CORE})
    os.sched_setaffinity(0, {OTHERS_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
        os.sched_setaffinity(redis, before)
        for core in before:
            pin(contender, core)


async def end_all(site: Site) -> dict[str, float]:
    """How long it takes to end all sessions of a person who has so many: the median of some."""
    found = {}
    for number in OF_A_PERSON:
        took = [await _end_all(site, number) for _ in range(TIMES)]
        found[f"end all of a person with {number}, ms"] = statistics.median(took)
    return found


async def _end_all(site: Site, number: int) -> float:
    person = secrets.token_urlsafe(60)
    await asyncio.gather(*(site.classes.write(person) for _ in range(number)))
    began = time.perf_counter()
    ended = await site.classes.of_person.end_all(person)
    assert ended == number, f"{ended} of {number} ended"
    return seconds_since(began) * 1000


async def rewrite(site: Site, node: RedisNode) -> dict[str, float]:
    """Redis writes its file anew under pages: it forks, and what changes meanwhile takes memory twice."""
    async with site.load() as asked:
        began = time.perf_counter()
        alone = _megabytes(node)
        most = alone
        with node.client() as client:
            client.bgrewriteaof()
            while _is_rewriting(node):
                most = max(most, _megabytes(node))
                await asyncio.sleep(0.1)
            took = seconds_since(began)
            forked = client.info("stats")["latest_fork_usec"]
    name = "file written anew"
    return {
        f"{name}, s": took,
        f"{name}: fork, ms": forked / 1000,
        f"{name}: more memory meanwhile, MB": most - alone,
        f"{name}: size, MB": _file_bytes(node) / 1e6,
        **disturbed(asked, name, began),
    }


def _is_rewriting(node: RedisNode) -> bool:
    with node.client() as client:
        state = client.info("persistence")
        return bool(state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"])


def _megabytes(node: RedisNode) -> float:
    """Redis and its child, what both have counted once; see proc(5), Pss."""
    children = Path(f"/proc/{node.pid}/task/{node.pid}/children").read_text(encoding="ascii")
    return memory_of(node.pid, *map(int, children.split())).together


def _file_bytes(node: RedisNode) -> int:
    return sum(each.stat().st_size for each in (node.folder / "appendonlydir").iterdir())


async def restart(site: Site, node: RedisNode) -> dict[str, float]:
    """Redis is stopped and started under pages; it has to read its file before it answers."""
    before = await _size(node)
    async with site.load() as asked:
        await asyncio.to_thread(node.stop)
        began = time.perf_counter()
        node.start()
        found = await _size_when_it_is_there(node)
        took = seconds_since(began)
        # What was kept of people for the page may have ended meanwhile.
        assert found >= before - 2 * len(site.tickets), f"{found} keys of {before}"
        await asyncio.sleep(1)
    return {"restart from the file, s": took, **disturbed(asked, "restart", began)}


async def _size(node: RedisNode) -> int:
    return await asyncio.to_thread(_keys, node)


def _keys(node: RedisNode) -> int:
    with node.client() as client:
        return int(client.dbsize())


async def _size_when_it_is_there(node: RedisNode) -> int:
    while True:
        with contextlib.suppress(RedisError):  # not there yet, or still reading
            return await _size(node)
        await asyncio.sleep(AGAIN_SECONDS)

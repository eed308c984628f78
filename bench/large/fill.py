"""Sessions by the hundred thousand, written by auth_service's own writer and index in two processes."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

import uvloop

from auth_service.sessions.writer import BORN_MS
from bench.large.classes import Classes
from bench.large.kept import Kept
from common.sessions.ticket import Ticket
from common.settings.redis import RedisCredentials
from common.store.access import StoreUnavailable
from harness.redis_group import HOST, RedisNode

PROCESSES = 2
# Each many commands in one round trip: see common.store.batching.
AT_ONCE = 128
PART = 10_000
# Cookies that are kept, of people from all over the keys.
ASKED_FOR = 1_000


def write_part(url: str, keys: tuple[str, ...], sessions: int, every: int) -> list[str]:
    """Write so many sessions, each of another person; return the cookie of one in `every`."""
    return uvloop.run(_write_part(url, keys, sessions, every))


async def _write_part(url: str, keys: tuple[str, ...], sessions: int, every: int) -> list[str]:
    classes = Classes(url, keys, RedisCredentials())
    left, kept = iter(range(sessions)), list[str]()

    async def work() -> None:
        for number in left:
            ticket = await _patiently(classes, secrets.token_urlsafe(60))
            if number % every == 0:
                kept.append(ticket.cookie)

    try:
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    finally:
        await classes.close()
    return kept


async def _patiently(classes: Classes, person: str) -> Ticket:
    """A busy machine is slower than a visitor's patience, which the classes have."""
    while True:
        with contextlib.suppress(StoreUnavailable):
            return await classes.write(person)


def fill(kept: Kept, node: RedisNode) -> dict[str, float]:
    """Write what is missing; return what a session takes of Redis, and how many were written a second."""
    parts = [min(PART, kept.sessions - first) for first in range(0, kept.sessions, PART)]
    missing = [number for number in range(len(parts)) if number not in kept.parts]
    began, written = time.perf_counter(), 0
    for number, cookies in _written(kept, node, parts, missing):
        kept.keep_part(number, cookies)
        written += parts[number]
        if len(kept.parts) % 10 == 0:
            print(f"  {PART * len(kept.parts):,} of {kept.sessions:,} written", flush=True)
    seconds = time.perf_counter() - began
    # Until then each new record has a second key (auth_service.sessions.writer).
    time.sleep(BORN_MS / 1000)
    found = {"Redis for a session, bytes": _bytes_a_session(node)}
    # Of a run that was broken off the seconds are not known.
    if written == kept.sessions:
        found["sessions written a second"] = written / seconds
    return found


def _written(
    kept: Kept, node: RedisNode, parts: list[int], missing: list[int]
) -> Iterator[tuple[int, list[str]]]:
    """Each missing part when it is there, with its cookies."""
    every, url = max(1, kept.sessions // ASKED_FOR), f"redis://{HOST}:{node.port}/0"
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:

        def begin(number: int) -> tuple[int, "Future[list[str]]"]:
            return number, pool.submit(write_part, url, kept.keys, parts[number], every)

        # Few at a time: whatever waits in the pool would have to be written before an end.
        left = iter(missing)
        running = [begin(number) for number in islice(left, PROCESSES + 1)]
        while running:
            number, part = running.pop(0)
            yield number, part.result()
            running += [begin(number) for number in islice(left, 1)]


def _bytes_a_session(node: RedisNode) -> float:
    with node.client() as client:
        # Keys that have ended are counted until somebody looks at them; by a pattern nobody would.
        sessions: int = sum(key.startswith(b"session:") for key in client.scan_iter(count=10_000))
        information = client.info("memory")
        beside = ("used_memory_startup", "mem_clients_normal", "mem_aof_buffer")
        used = information["used_memory"] - sum(information[each] for each in beside)
        return float(used) / sessions

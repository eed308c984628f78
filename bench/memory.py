"""`python -m bench.memory [FOLDER …]`: what both services hold, in this checkout and in others.

Each as in production: an https address, so nothing in it is for a developer. One worker and then two. The
workers have answered their first pages; nobody is signed in. RSS is what a process has in memory; PSS counts
a page that several have once, shared out among them (proc(5), smaps_rollup).
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

from bench.tools.installed import services_python
from bench.tools.process import Memory, members, memory, memory_of
from bench.tools.site import Running, environment
from harness.redis_group import Single
from harness.redis_users import PASSWORD
from harness.stack import free_ports_in_a_row
from local_stack.child import Child
from local_stack.layout import REPOSITORY

SERVICES = ("auth_service", "app_service")
WORKERS = (1, 2)
PAGES, AT_ONCE = 400, 32
SETTINGS: Mapping[str, str] = {
    "PUBLIC_URL": "https://app.example.com",
    "CLIENT_ID": "bench",
    "CLIENT_SECRET": "bench",
    "SESSION_KEYS": "2e3bc1a9f2c04e0f9b6f6d1c1a5f0e7d",
    "REDIS_PASSWORD": PASSWORD,
}
PATHS = {"auth_service": "/login", "app_service": "/"}


async def both(folder: Path, redis: str, workers: int) -> dict[str, list[Memory]]:
    """The processes of each service, the first one gunicorn's own; and both services together."""
    running, sessions = Running(), dict[str, int]()
    try:
        for service, port in zip(SERVICES, free_ports_in_a_row(2), strict=True):
            given = {
                "BIND": f"127.0.0.1:{port}",
                "AUTH_URL": f"http://127.0.0.1:{port}",
                "REDIS_URL": redis,
                "REDIS_USERNAME": service,
                "WEB_CONCURRENCY": str(workers),
                "PYTHONPATH": str(folder),
            }
            command = f"cd '{folder}' && exec {services_python()} -m {service}"
            child = Child(service, command, environment(**{**SETTINGS, **given}))
            sessions[service] = running.start(child)
            running.wait_for(service, port, "/healthz")
            await _pages(port, PATHS[service])
        told = {name: _each(session) for name, session in sessions.items()}
        return {**told, "together": [memory(*sessions.values())]}
    finally:
        running.close()


def _each(session: int) -> list[Memory]:
    return [memory_of(pid) for pid in sorted(members(session))]


async def _pages(port: int, path: str) -> None:
    async def work(http: aiohttp.ClientSession, number: int) -> None:
        for _ in range(number):
            async with http.get(f"http://127.0.0.1:{port}{path}", allow_redirects=False) as answer:
                await answer.read()

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        await asyncio.gather(*(work(http, PAGES // AT_ONCE) for _ in range(AT_ONCE)))


def lines(label: str, workers: int, found: Mapping[str, Sequence[Memory]]) -> list[str]:
    """A line of the table for each service, and one for both."""
    *_, together = found["together"]
    rows = []
    for service in SERVICES:
        first, *forked = found[service]
        resident = ", ".join(f"{each.largest:.1f}" for each in forked)
        whole = sum(each.together for each in (first, *forked))
        rows.append(
            f"| {label} | {workers} | {service} | {resident} | {first.largest:.1f} | {whole:.1f} |"
        )
    return [*rows, f"| {label} | {workers} | both | | | {together.together:.1f} |"]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.memory")
    parser.add_argument("folders", metavar="FOLDER", nargs="*", type=Path, help="other checkouts")
    folders = [*parser.parse_args(arguments).folders, REPOSITORY]
    print("| checkout | workers | service | RSS of a worker, MB | of gunicorn, MB | PSS, MB |")
    print("| --- | ---: | --- | ---: | ---: | ---: |")
    with Single() as redis:
        for folder in folders:
            for workers in WORKERS:
                found = asyncio.run(both(folder.resolve(), redis.url, workers))
                print("\n".join(lines(folder.resolve().name, workers, found)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

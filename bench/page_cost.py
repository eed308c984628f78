"""`python -m bench.page_cost`: what a signed-in page costs in CPU, and in which part of the code.

The application gets its requests in memory and Redis is a dictionary: no sockets, no neighbours, so the
figures differ little from run to run. That makes it the right place to find out what a change gained, and
the wrong one to say what a page costs: `python -m bench` says that. aiohttp hello runs beside it.
"""

import asyncio
import cProfile
import logging
import os
import pstats
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import uvloop
from aiohttp import web
from redis.asyncio import Redis

from app_service.app import create_app
from app_service.settings import Settings
from bench.peers.hello import hello
from common.redis_access import RedisAccess
from common.sealing import Sealer
from common.serve import runner
from common.session import Session, Tokens
from common.session_store import PURPOSE, SessionStore, person_cache_key, session_key
from common.ticket import Ticket

CONNECTIONS = 32
# An access token of Webex is about that long.
TOKEN_CHARACTERS = 1000
PERSON = b'{"id": "p", "displayName": "Ada Lovelace"}'
WARM_UP, REPEATS, ROUNDS = 40, 15, 20
ENVIRONMENT = {
    "SANDBOX_URL": "http://localhost:8090",
    "SESSION_KEYS": "insecure-key-of-the-benchmark-only",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "AUTH_URL": "http://127.0.0.1:1",
}
# In which part of a page a file's time is spent; the first that fits.
PARTS = (
    ("aiohttp and asyncio", ("/aiohttp/", "/aiosignal/", "/asyncio/")),
    ("what waits for Redis", ("common/batche", "common/redis_")),
    ("the session", ("common/session", "common/sealing", "common/ticket", "common/cookies",
                     "common/recent", "common/opened", "app_service/signed_in")),
    ("the sign-in", ("auth_service/",)),
    ("what asks Webex", ("common/webex",)),
    ("the log line", ("common/access_log", "common/frequent_log", "common/logs", "common/trace")),
    ("metrics", ("prometheus_client", "common/metrics")),
    ("headers, failures, the page", ("common/", "app_service/", "/jinja2/")),
)  # fmt: skip


class Dictionary(RedisAccess):
    """Answers reads from memory, one event-loop turn later."""

    def __init__(self) -> None:
        super().__init__(Redis())
        self.values: dict[str, bytes] = {}

    async def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        await asyncio.sleep(0)
        return [self.values.get(key) for key in keys]


class Wire(asyncio.Transport):
    """A connection whose answers come to nothing but `answered`."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = asyncio.get_running_loop().create_future()
        self.said = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.said = bytes(data)
        if not self.answered.done():
            self.answered.set_result(None)

    def writelines(self, _: object) -> None:
        self.write(b"")

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...


class Contender:
    """An application with connections that all ask at once, again and again."""

    def __init__(self, name: str, served: web.AppRunner, cookies: Sequence[str]) -> None:
        assert served.server is not None
        self.name = name
        self.samples: list[float] = []
        self._connections = []
        for cookie in cookies:
            protocol, wire = served.server(), Wire()
            protocol.connection_made(wire)
            head = f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {'a1' * 16}\r\n"
            request = f"{head}Cookie: session={cookie}\r\n\r\n".encode()
            self._connections.append((protocol, wire, request))

    async def round(self) -> None:
        loop = asyncio.get_running_loop()
        for protocol, wire, request in self._connections:
            wire.answered = loop.create_future()
            protocol.data_received(request)
        await asyncio.gather(*(wire.answered for _, wire, _ in self._connections))
        await asyncio.sleep(0)

    async def measure(self) -> None:
        began = time.process_time()
        for _ in range(ROUNDS):
            await self.round()
        pages = ROUNDS * len(self._connections)
        self.samples.append((time.process_time() - began) / pages * 1e6)


async def _ours() -> Contender:
    settings = Settings.read(ENVIRONMENT)
    redis, sealer = Dictionary(), Sealer(settings.session_keys)
    store = SessionStore(redis, sealer, idle_seconds=settings.session_idle_seconds)
    tickets = [Ticket.new() for _ in range(CONNECTIONS)]
    for ticket in tickets:
        record, kept = session_key(ticket.handle), person_cache_key(ticket.handle)
        redis.values[record] = store.sealed(ticket, _session())
        redis.values[kept] = sealer.seal(PERSON, purpose=PURPOSE, place=kept, secret=ticket.secret)
    with patch("app_service.app.open_redis", lambda _: redis):
        served = runner(create_app(settings))
    return await _contender("signed-in page", served, [ticket.cookie for ticket in tickets])


async def hello_contender() -> Contender:
    app = web.Application()
    app.router.add_get("/", hello)
    served = web.AppRunner(app, access_log=None)
    return await _contender("aiohttp hello", served, [""] * CONNECTIONS)


async def _contender(name: str, served: web.AppRunner, cookies: Sequence[str]) -> Contender:
    await served.setup()
    return Contender(name, served, cookies)


def _session() -> Session:
    now = int(time.time())
    tokens = Tokens(
        access_token="insecure-token".ljust(TOKEN_CHARACTERS, "-"),
        access_ends_at=now + 86400,
        refresh_token="insecure-token".ljust(TOKEN_CHARACTERS, "-"),
        refresh_ends_at=now + 86400,
        scopes=("spark:people_read", "spark:rooms_read"),
    )
    return Session(
        person_id="p", tokens=tokens, signed_in_at=now, ends_at=now + 86400, written_at=now
    )


async def profiled(rounds: Callable[[], Awaitable[None]]) -> Counter[str]:
    """The share of each part of the code, by the time in its own lines."""
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(ROUNDS):
        await rounds()
    profiler.disable()
    shares: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        parts = (part for part, files in PARTS if any(each in file for each in files))
        shares[next(parts, "Python and what is written in C")] += own
    return shares


def show_profile(what: str, shares: Counter[str]) -> None:
    print(f"Where the time of {what} goes, by the lines of each part (under a profiler):")
    for part, own in shares.most_common():
        print(f"  {part:32} {own / shares.total():4.0%}")


async def main() -> None:
    logging.getLogger().setLevel(logging.INFO)
    ours, floor = await _ours(), await hello_contender()
    for contender in (ours, floor):
        for _ in range(WARM_UP):
            await contender.round()
    for _ in range(REPEATS):
        await floor.measure()
        await ours.measure()
    print(f"{'':28} µs of CPU, median of {REPEATS} (least to most)")
    for contender in (floor, ours):
        values = contender.samples
        spread = f"({min(values):.1f} to {max(values):.1f})"
        print(f"{contender.name:28} {statistics.median(values):6.1f} {spread}")
    pairs = [own / least for own, least in zip(ours.samples, floor.samples, strict=True)]
    print(f"{'together':28} {statistics.median(pairs):6.2f} times aiohttp hello")
    show_profile("a signed-in page", await profiled(ours.round))


if __name__ == "__main__":
    # Log lines are made and written, as in production, but not shown.
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8", buffering=1)  # noqa: SIM115
    uvloop.run(main())

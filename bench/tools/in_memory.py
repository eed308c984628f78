"""What the in-memory benches share: contenders without sockets, how they are measured and reported."""

import asyncio
import cProfile
import logging
import os
import pstats
import statistics
import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

from bench.peers.hello import hello

CONNECTIONS = 32
# An access token of Webex is about that long.
TOKEN_CHARACTERS = 1000
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
    ("what waits for Redis", ("common/store/",)),
    ("the session", ("common/sessions/", "app_service/visitor/")),
    ("the sign-in", ("auth_service/",)),
    ("what asks Webex", ("common/webex/",)),
    ("the log line", ("telemetry/access_log", "telemetry/logs", "telemetry/trace")),
    ("metrics", ("prometheus_client", "telemetry/metrics")),
    ("headers, failures, the page", ("common/", "app_service/", "/jinja2/")),
)  # fmt: skip


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

    def writelines(self, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(pieces))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...


class Connection:
    """One connection to an application, and the answer that came last."""

    def __init__(self, served: web.AppRunner) -> None:
        assert served.server is not None
        self._protocol, self._wire = served.server(), Wire()
        self._protocol.connection_made(self._wire)

    def ask(self, target: bytes, cookie: bytes) -> None:
        self._wire.answered = asyncio.get_running_loop().create_future()
        head = b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: " + b"a1" * 16
        self._protocol.data_received(head + b"\r\nCookie: " + cookie + b"\r\n\r\n")

    async def answer(self) -> bytes:
        """What was written of the answer at first: all of it, if it is short."""
        await self._wire.answered
        return self._wire.said


class Contender(ABC):
    """An application with connections that all ask at once, again and again."""

    def __init__(self, name: str, served: web.AppRunner) -> None:
        self.name = name
        self.samples: list[float] = []
        """CPU time in µs, each for what one connection does in a round."""
        self.connections = [Connection(served) for _ in range(CONNECTIONS)]

    @abstractmethod
    async def round(self) -> None: ...

    async def answers(self) -> list[bytes]:
        said = await asyncio.gather(*(each.answer() for each in self.connections))
        await asyncio.sleep(0)
        return said

    async def measure(self) -> None:
        began = time.process_time()
        for _ in range(ROUNDS):
            await self.round()
        number = ROUNDS * len(self.connections)
        self.samples.append((time.process_time() - began) / number * 1e6)


class Hellos(Contender):
    """The floor: `times` aiohttp hellos one after the other."""

    def __init__(self, served: web.AppRunner, times: int) -> None:
        super().__init__("aiohttp hello" if times == 1 else f"{times} aiohttp hellos", served)
        self._times = times

    async def round(self) -> None:
        for _ in range(self._times):
            for connection in self.connections:
                connection.ask(b"/", b"")
            await self.answers()


async def hellos(times: int) -> Hellos:
    app = web.Application()
    app.router.add_get("/", hello)
    served = web.AppRunner(app, access_log=None)
    await served.setup()
    return Hellos(served, times)


async def compare(ours: Contender, floor: Contender) -> None:
    """Measure both in turn, and print what came out and where our time goes."""
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
    print(f"{'together':28} {statistics.median(pairs):6.2f} times {floor.name}")
    print(f"Where the time of a {ours.name} goes, by the lines of each part (under a profiler):")
    shares = await _profiled(ours.round)
    for part, own in shares.most_common():
        print(f"  {part:32} {own / shares.total():4.0%}")


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run it as production runs: uvloop, and log lines that are made and written, but not shown."""
    logging.getLogger().setLevel(logging.INFO)
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8", buffering=1)  # noqa: SIM115
    uvloop.run(main)


async def _profiled(rounds: Callable[[], Awaitable[None]]) -> Counter[str]:
    """The share of each part of the code, by the time in its own lines."""
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(ROUNDS):
        await rounds()
    profiler.disable()
    shares: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        shares[part_of(file)] += own
    return shares


@lru_cache
def part_of(file: str) -> str:
    parts = (part for part, files in PARTS if any(each in file for each in files))
    return next(parts, "Python and what is written in C")

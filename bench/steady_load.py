"""A steady, bounded load of people who are signed in and people who sign in, and what became of it."""

import asyncio
import itertools
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp

from bench.visitor import Visitor

EMAILS = ("ada@example.com", "grace@example.com", "alan@example.com")
VISITORS = 20
# More than this waiting at once would measure the bench.
MOST_AT_ONCE = 300
# After a machine has slept nothing is made up for.
MOST_LATE_SECONDS = 5.0
ANSWERED = {"200", "303"}


@dataclass
class Tally:
    """What was counted. `gap` is the longest time in seconds without any good answer."""

    kinds: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    gap: float = 0.0
    last: float = field(default_factory=time.perf_counter)

    def count(self, kind: str, began: float) -> None:
        now = time.perf_counter()
        self.kinds[kind] += 1
        self.slowest = max(self.slowest, now - began)
        if kind.rpartition(" ")[2] in ANSWERED:
            self.gap = max(self.gap, now - self.last)
            self.last = now

    @property
    def failures(self) -> dict[str, int]:
        return {k: n for k, n in self.kinds.items() if k.rpartition(" ")[2] not in ANSWERED}

    @property
    def sign_outs(self) -> int:
        return self.kinds["page 401"]

    def __str__(self) -> str:
        return (
            f"{self.kinds.total()} requests, failures {self.failures or 'none'}, "
            f"sign-outs {self.sign_outs}, longest gap {self.gap * 1000:.0f} ms, "
            f"slowest {self.slowest * 1000:.0f} ms"
        )


class SteadyLoad:
    """`pages` requests a second by signed-in people, `sign_ins` whole sign-ins a second."""

    def __init__(self, url: str, *, pages: float, sign_ins: float) -> None:
        self.tally = Tally()
        self._url = url
        self._rates = {"page": pages, "sign-in": sign_ins}
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self._visitors = [Visitor(url, EMAILS[n % len(EMAILS)]) for n in range(VISITORS)]
        self._running: set[asyncio.Task[None]] = set()
        self._sources: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=60),
        )
        for visitor in self._visitors:
            await visitor.sign_in(self._http)
        self.tally = Tally()
        self._sources = [asyncio.create_task(self._source(what)) for what in self._rates]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for source in self._sources:
            source.cancel()
        await asyncio.gather(*self._sources, *self._running, return_exceptions=True)
        await self._http.close()

    async def _source(self, what: str) -> None:
        """Start one after the other at the given rate, whether or not the earlier ones are done."""
        began = time.perf_counter()
        for number in itertools.count():
            due = began + number / self._rates[what]
            if (late := time.perf_counter() - due) > MOST_LATE_SECONDS:
                began, due = began + late, due + late
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await self._room.acquire()
            run = self._page(number) if what == "page" else self._sign_in(number)
            task = asyncio.create_task(run)
            self._running.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._room.release()

    async def _page(self, number: int) -> None:
        visitor = self._visitors[number % VISITORS]
        began = time.perf_counter()
        status = await visitor.get(self._http, "/api/me" if number % 2 else "/")
        self.tally.count(f"page {status}", began)

    async def _sign_in(self, number: int) -> None:
        visitor = Visitor(self._url, EMAILS[number % len(EMAILS)])
        began = time.perf_counter()
        try:
            await visitor.sign_in(self._http)
            outcome = "303"
        except AssertionError as refused:
            outcome = str(refused).partition("\n")[0]
        except (aiohttp.ClientError, TimeoutError, KeyError) as error:
            outcome = type(error).__name__
        self.tally.count(f"sign-in {outcome}", began)

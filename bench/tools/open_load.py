"""Requests at a fixed rate, answered or not, and what became of each."""

import asyncio
import itertools
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from bench.tools.raw_http import Answer, Wire

GREETING = re.compile(rb"So happy to meet, ")
LONGEST_WAIT_SECONDS = 30.0
OK, SIGNED_OUT = "ok", "signed out"


@dataclass(frozen=True)
class Outcome:
    kind: str
    """ok, signed out, a status, or the kind of a broken connection."""
    began: float
    ended: float


@dataclass
class OpenLoad:
    """Asks for the signed-in page of one port until the block is left; then waits for the answers."""

    port: int
    page: str
    cookies: Sequence[str] = field(repr=False)
    a_second: float = 100.0
    outcomes: list[Outcome] = field(default_factory=list, repr=False)
    _idle: list[Wire] = field(default_factory=list, repr=False)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set, repr=False)

    async def __aenter__(self) -> Self:
        self._source = asyncio.create_task(self._ask())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._source.cancel()
        await asyncio.gather(*self._under_way)
        for wire in self._idle:
            wire.close()

    @property
    def failures(self) -> Counter[str]:
        return Counter(each.kind for each in self.outcomes if each.kind != OK)

    @property
    def slowest(self) -> float:
        """Seconds of the longest wait for any answer."""
        return max(each.ended - each.began for each in self.outcomes)

    def well_again_after(self, moment: float) -> float:
        """Seconds from a moment to the last answer that was a failure, or 0."""
        failed = [each.ended for each in self.outcomes if each.kind != OK]
        return max([0.0, *(ended - moment for ended in failed)])

    async def _ask(self) -> None:
        began = time.perf_counter()
        for number in itertools.count():
            await asyncio.sleep(max(0.0, began + number / self.a_second - time.perf_counter()))
            task = asyncio.create_task(self._one(self.cookies[number % len(self.cookies)]))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _one(self, cookie: str) -> None:
        wire = self._idle.pop() if self._idle else Wire(self.port)
        began = time.perf_counter()
        kind = await outcome(wire, self.page, cookie)
        self.outcomes.append(Outcome(kind, began, time.perf_counter()))
        self._idle.append(wire)


async def outcome(wire: Wire, page: str, cookie: str) -> str:
    """Ask once and say what came of it."""
    try:
        async with asyncio.timeout(LONGEST_WAIT_SECONDS):
            return _kind(await wire.get(page, cookie))
    except TimeoutError:
        return f"no answer in {LONGEST_WAIT_SECONDS:.0f} s"
    except ConnectionRefusedError:
        return "connection refused"
    except (OSError, EOFError):
        return "connection broken"


def _kind(answer: Answer) -> str:
    if answer.status == 200 and GREETING.search(answer.body):
        return OK
    # A page for strangers, or the way to the sign-in: the session is taken for ended.
    return SIGNED_OUT if answer.status in (200, 302, 303, 401) else str(answer.status)

"""W1: the signed-in page. W2: the anonymous page."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.plan import Plan
from bench.results import Results
from bench.tools.cost import Cost, measured
from bench.tools.process import memory
from bench.tools.raw_http import Wire
from bench.tools.sign_ins import sign_in_for
from bench.tools.site import Bench, Contender
from bench.tools.wrk import PageLoad, load

GREETING = re.compile(rb"So happy to meet, (<bdi>)?Person")
CONNECTIONS = (1, 32)
FILL_AT_ONCE = 8
LONGEST_FILL_SECONDS = 120.0


@dataclass
class PageRun:
    bench: Bench
    plan: Plan
    results: Results

    async def fill(self, contenders: Sequence[Contender]) -> list[Contender]:
        """Sign people in everywhere, look at each one's page, and return who can be measured."""
        cookies: dict[tuple[int, ...], list[str]] = {}
        usable = []
        for contender in contenders:
            known = cookies.get(contender.sign_ins)
            if contender.kind is None or contender.kind.sessions:
                contender.cookies = known or await self._sessions(contender)
                cookies[contender.sign_ins] = contender.cookies
            else:
                contender.cookies = [""]
            if contender.cookies:
                usable.append(contender)
        return usable

    async def signed_in(self, contenders: Sequence[Contender]) -> None:
        for contender in contenders:
            await ask_for_page(contender, 32, self.plan.warm_up_seconds, signed_in=True)
        for repeat in range(self.plan.repeats):
            for connections in CONNECTIONS:
                for contender in rotated(contenders, repeat):
                    await self._page("W1", contender, connections, repeat, signed_in=True)

    async def anonymous(self, contenders: Sequence[Contender]) -> None:
        sites = [each for each in contenders if each.kind is None or each.kind.sessions]
        for repeat in range(self.plan.repeats):
            for contender in rotated(sites, repeat):
                await self._page("W2", contender, 32, repeat, signed_in=False)

    async def _sessions(self, contender: Contender) -> list[str]:
        run = await sign_in_for(
            contender.door,
            at_once=FILL_AT_ONCE,
            seconds=LONGEST_FILL_SECONDS,
            most=self.plan.sessions,
        )
        greeted = await self.greeted(contender, run.cookies)
        print(
            f"  {contender.label}: {greeted} sessions, {run.failures.total()} failures", flush=True
        )
        if run.cookies and greeted == len(run.cookies):
            return run.cookies[: self.plan.sessions]
        why = f"{greeted} of {len(run.cookies)} sessions show their page; {dict(run.failures)}"
        for work in ("W1", "W2", "W3"):
            self.results.not_measured(work, contender.label, why)
        return []

    @staticmethod
    async def greeted(contender: Contender, cookies: Sequence[str]) -> int:
        """How many of the sessions are shown their own page."""
        door, greeted = contender.door, 0
        async with Wire(door.page_port) as wire:
            for cookie in cookies:
                page = await wire.get(door.signed_in_page, cookie)
                greeted += GREETING.search(page.body) is not None
        return greeted

    async def _page(
        self, work: str, contender: Contender, connections: int, repeat: int, *, signed_in: bool
    ) -> None:
        commands = self._redis_commands()
        asked = 0

        async def run() -> PageLoad:
            nonlocal asked
            page = await ask_for_page(
                contender, connections, self.plan.page_seconds, signed_in=signed_in
            )
            asked += page.requests
            return page

        page, cost = await measured(
            run,
            contender.pages,
            tries=self.plan.tries_after(self.results.disturbed),
            on_disturbed=self._disturbed,
        )
        # The INFO that asks is a command too.
        commands = self._redis_commands() - commands - 1
        case = f"{connections} connection{'s' if connections > 1 else ''}"
        self.results.add(
            *(work, case, contender.label),
            per_second=page.per_second,
            cpu=cpu_a_page(cost, page),
            median=page.median,
            p99=page.p99,
            busy=cost.busy * 100,
            failed=page.failed,
            commands=commands / max(1, asked),
            largest=memory(*contender.pages).largest,
            together=memory(*contender.pages).together,
        )
        print(
            f"  {work} {repeat + 1}/{self.plan.repeats} {case:>14} {contender.label:36} "
            f"{page.per_second:7.0f} pages/s {cpu_a_page(cost, page):5.0f} µs CPU, "
            f"{cost.busy:4.0%} of its core",
            flush=True,
        )

    def _redis_commands(self) -> int:
        with self.bench.redis as client:
            return int(client.info("stats")["total_commands_processed"])

    def _disturbed(self) -> None:
        self.results.disturbed += 1


async def ask_for_page(
    contender: Contender, connections: int, seconds: float, *, signed_in: bool
) -> PageLoad:
    """Ask for the same page again and again, signed in as one of the contender's people after the other."""
    door = contender.door
    return await load(
        door.page_port,
        door.signed_in_page if signed_in else door.anonymous_page,
        connections=connections,
        seconds=seconds,
        cookies=contender.cookies if signed_in else ("",),
    )


def cpu_a_page(cost: Cost, page: PageLoad) -> float:
    """Microseconds."""
    return cost.cpu / max(1, page.requests) * 1e6


async def page_sizes(contenders: Sequence[Contender]) -> dict[str, int]:
    """Bytes of the signed-in page, by contender."""
    sizes = {}
    for contender in contenders:
        async with Wire(contender.door.page_port) as wire:
            answer = await wire.get(contender.door.signed_in_page, contender.cookies[0])
            sizes[contender.label] = len(answer.body)
            await asyncio.sleep(0)
    return sizes


def rotated(contenders: Sequence[Contender], by: int) -> list[Contender]:
    """The same, beginning with another one: nobody is always the first to be asked."""
    by %= len(contenders)
    return [*contenders[by:], *contenders[:by]]

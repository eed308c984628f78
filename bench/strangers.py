"""`python -m bench.strangers`: the home page for strangers, kept by nginx, beside the one made each time.

nginx and app_service share one core; whoever asks has another one. A request with some cookie that is
not ours is answered by the service, as every request was before nginx kept anything: so both are measured
side by side, in the same run, by wrk over 32 connections. Then people who are signed in ask for 50 pages
a second, alone and during a flood of either kind.

It ends with two lines. `times by pages a second` is what wrk got, kept over made; wrk's own core may end
sooner. `times by CPU` is how many pages both processes together could bring for the same time of a core,
kept over made. Takes two minutes.
"""

import asyncio
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.plan import Plan
from bench.results import Results
from bench.runs.pages import PageRun
from bench.tools import programs, wrk
from bench.tools.open_load import OpenLoad
from bench.tools.process import CONTENDER_CORE, cpu_seconds, pin, pin_others
from bench.tools.site import Bench, Contender

CONNECTIONS, SECONDS, REPEATS = 32, 3.0, 9
PEOPLE_A_SECOND, PEOPLE_SECONDS = 50.0, 10.0
# Of a flood: nothing, or a cookie as another site on this name might have set it.
KEPT, MADE = "", "of-another-site=1"


@dataclass
class Measured:
    """One number for each repeat."""

    per_second: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Microseconds of nginx and app_service together, for one page."""


async def pages(port: int, sessions: Sequence[int]) -> dict[str, Measured]:
    """Ask in turn for the page that nginx keeps and the page that is made."""
    found = {KEPT: Measured(), MADE: Measured()}
    for _ in range(REPEATS):
        for cookie, measured in found.items():
            before = cpu_seconds(*sessions)
            load = await _flood(port, cookie, SECONDS)
            assert not load.failed, load.failures
            measured.per_second.append(load.per_second)
            measured.cpu.append((cpu_seconds(*sessions) - before) / load.requests * 1e6)
    return found


async def people(contender: Contender, flood: str | None) -> str:
    """What signed-in people see during a flood, or without one."""
    port, page = contender.door.page_port, contender.door.signed_in_page
    async with OpenLoad(port, page, contender.cookies, PEOPLE_A_SECOND) as load:
        if flood is None:
            await asyncio.sleep(PEOPLE_SECONDS)
        else:
            await _flood(port, flood, PEOPLE_SECONDS)
    took = [(each.ended - each.began) * 1000 for each in load.outcomes]
    p99 = statistics.quantiles(took, n=100)[98]
    return (
        f"{len(took)} pages, failures {dict(load.failures) or 'none'}, "
        f"median {statistics.median(took):.1f} ms, p99 {p99:.1f} ms"
    )


async def _flood(port: int, cookie: str, seconds: float) -> wrk.PageLoad:
    return await wrk.load(port, "/", connections=CONNECTIONS, seconds=seconds, cookies=[cookie])


async def main() -> None:
    pin_others()
    with Bench() as bench:
        through = bench.ours()[1]
        nginx = bench.stack.process("nginx").pid
        pin(nginx, CONTENDER_CORE)
        [contender] = await PageRun(bench, Plan(), Results()).fill([through])
        found = await pages(contender.door.page_port, (nginx, *contender.pages))
        for cookie, name in ((KEPT, "kept by nginx"), (MADE, "made each time")):
            print(f"{name:15} {_told(found[cookie])}", flush=True)
        floods = (("alone", None), ("flood of strangers", KEPT), ("flood that is made", MADE))
        for name, flood in floods:
            print(f"people, {name:20} {await people(contender, flood)}", flush=True)
        kept, made = found[KEPT], found[MADE]
        times = statistics.median(kept.per_second) / statistics.median(made.per_second)
        print(f"times by pages a second: {times:.2f}")
        print(f"times by CPU: {statistics.median(made.cpu) / statistics.median(kept.cpu):.2f}")


def _told(measured: Measured) -> str:
    a_second, cpu = measured.per_second, measured.cpu
    return (
        f"{statistics.median(a_second):6.0f} pages a second ({min(a_second):.0f} to "
        f"{max(a_second):.0f}), {statistics.median(cpu):5.1f} µs of CPU a page "
        f"({min(cpu):.1f} to {max(cpu):.1f})"
    )


if __name__ == "__main__":
    if problem := programs.missing("wrk"):
        sys.exit(problem)
    asyncio.run(main())

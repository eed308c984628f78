"""`python -m bench.before_after FOLDER`: the signed-in page of this checkout beside that of another one.

bench.page_cost runs the same code again and again, so it does not see what a running service pays for
code and data that its caches have lost meanwhile. This does: both services run on the same Redis, for the
same 1 000 sessions, and are asked in turn over 1 and over 32 connections, and so is aiohttp hello. Each
must greet the people first: a checkout that reads another cookie would show its page for strangers, which
costs less. It ends with lines for each number of connections: `ratio 1: 0.95` says that this checkout takes
0.95 of the CPU that the other one takes. `in turns` has the ratio within each turn, which a busy machine
disturbs least: the middle one, and the middle half. Two processes of the same code may differ by 7 %, for
where their memory lies and how Python's hashes fall, so everybody is started several times. With
`--sign-ins` it compares those instead (bench.sign_ins_before_after).
"""

import argparse
import asyncio
import re
import statistics
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench import sign_ins_before_after
from bench.peers.kinds import HELLO
from bench.plan import Plan
from bench.results import Results
from bench.runs.pages import CONNECTIONS, PageRun, ask_for_page, cpu_a_page, rotated
from bench.tools import other_checkout, programs
from bench.tools.cost import measured
from bench.tools.other_checkout import checkout
from bench.tools.process import pin_others
from bench.tools.site import Bench, Contender
from common.sessions.cookies import FORMER_SESSION

WARM_UP_SECONDS, SECONDS, REPEATS, TRIES, STARTS = 2, 1, 4, 2, 5
SESSION_COOKIE = re.compile(r"\bsession-[0-9]+=")


async def other(bench: Bench, ours: Contender, folder: Path) -> Contender:
    """Run the other checkout's app_service in the place of the second replica; raise NotGreeted."""
    session, port = other_checkout.start(bench, "app_service", folder)
    door = replace(ours.door, page_port=port)
    started = replace(ours, name="other", label=str(folder), door=door, pages=(session,))
    former = [SESSION_COOKIE.sub(f"{FORMER_SESSION}=", each) for each in ours.cookies]
    for cookies in (ours.cookies, former):
        if await PageRun.greeted(started, cookies) == len(cookies):
            return replace(started, cookies=cookies)
    raise NotGreeted(f"{folder} does not greet the people who are signed in here")


class NotGreeted(Exception):
    """The other checkout cannot read these sessions, so its signed-in page cannot be measured."""


Costs = dict[tuple[str, int], list[float]]
"""µs of CPU for each page, by label and number of connections."""


async def compare(contenders: Sequence[Contender], turns: int, seconds: int, costs: Costs) -> None:
    """Ask each in turn, and add what a page costs."""
    for each in contenders:
        await _cost(each, max(CONNECTIONS), WARM_UP_SECONDS)
    for repeat in range(turns):
        for n in CONNECTIONS:
            for each in rotated(contenders, repeat):
                costs.setdefault((each.label, n), []).append(await _cost(each, n, seconds))


def told(labels: Sequence[str], costs: Costs) -> list[str]:
    """Lines about costs by label and number of connections: floor, this checkout, the other one."""
    medians = {case: statistics.median(values) for case, values in costs.items()}
    floor, ours, theirs = labels
    lines = []
    for n in CONNECTIONS:
        lines.append(f"µs of CPU a page, connections: {n}, median (least to most)")
        for label in labels:
            values, times = costs[label, n], medians[label, n] / medians[floor, n]
            spread = f"({min(values):.1f} to {max(values):.1f})"
            lines.append(f"{label:40} {medians[label, n]:6.1f} {spread:18} {times:.2f} times")
    lines += [f"in turns {n}: {_in_turns(costs[ours, n], costs[theirs, n])}" for n in CONNECTIONS]
    return lines + [f"ratio {n}: {medians[ours, n] / medians[theirs, n]:.2f}" for n in CONNECTIONS]


def _in_turns(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The ratio within each turn, in which both met the same machine: the middle, and the middle half."""
    ratios = sorted(own / other for own, other in zip(ours, theirs, strict=False))
    low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    return f"{statistics.median(ratios):.2f} ({low:.2f} to {high:.2f})"


async def _cost(contender: Contender, connections: int, seconds: float) -> float:
    page, cost = await measured(
        lambda: ask_for_page(contender, connections, seconds, signed_in=True),
        contender.pages,
        tries=TRIES,
        on_disturbed=lambda: None,
    )
    return cpu_a_page(cost, page)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.before_after")
    parser.add_argument("folder", type=checkout, help="another checkout of this project")
    parser.add_argument("--starts", type=int, default=STARTS, help="how often everybody is started")
    parser.add_argument("--turns", type=int, default=REPEATS, help="how often each is asked then")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for how long each time")
    parser.add_argument("--sign-ins", action="store_true", help="compare whole sign-ins")
    wanted = parser.parse_args(arguments)
    if problem := programs.missing("wrk"):
        print(problem, file=sys.stderr)
        return 1
    pin_others()
    if wanted.sign_ins:
        asyncio.run(sign_ins_before_after.compare_with(wanted.folder))
    else:
        costs: Costs = {}
        for _ in range(wanted.starts):
            labels = asyncio.run(_compare_with(wanted.folder, wanted.turns, wanted.seconds, costs))
        for line in told(labels, costs):
            print(line)
    return 0


async def _compare_with(folder: Path, turns: int, seconds: int, costs: Costs) -> list[str]:
    """Start everybody, add what a page costs, and return their labels; raise NotGreeted or NotStarted."""
    with Bench(app_services=2) as bench:
        ours = bench.ours()[0]
        run = PageRun(bench, Plan(), Results())
        contenders = await run.fill([*bench.peers([HELLO]), ours])
        contenders.append(await other(bench, ours, folder))
        await compare(contenders, turns, seconds, costs)
        return [each.label for each in contenders]


if __name__ == "__main__":
    sys.exit(main())

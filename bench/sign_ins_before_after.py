"""`python -m bench.before_after FOLDER --sign-ins`: whole sign-ins of this checkout beside another one's.

Both auth_services run on the same Redis and sign people in at the same stand-in of Webex, one and 32 at
once; they are asked in turn, and started anew several times. A sign-in is the site's login, Webex' authorize
and the callback; with the landing, it is the request after that as well, which tells whether the browser
holds the session. A checkout without a landing has the same figure twice. nginx with lua-resty-openidc joins
them where LUA_PEER is given (see docs/benchmark.md). It ends with lines like `ratio sign-in 32: 0.95`, which
says that this checkout takes 0.95 of the CPU that the other one takes.
"""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.peers.kinds import NGINX_LUA
from bench.runs.pages import rotated
from bench.tools import other_checkout
from bench.tools.cost import Cost, measured
from bench.tools.sign_ins import SignInRun, land_all, sign_in_for
from bench.tools.site import Bench, Contender

AT_ONCE = (1, 32)
WARM_UP_SECONDS, SECONDS, REPEATS, STARTS, TRIES, MOST_TRIES = 2.0, 1.0, 3, 4, 2, 5
WHOLE, WITHOUT = "sign-in", "sign-in without landing"
# What is asked for, how many at once.
Case = tuple[str, int]
CASES: Sequence[Case] = [(what, n) for n in AT_ONCE for what in (WHOLE, WITHOUT)]
Costs = dict[tuple[str, Case], list[float]]
"""µs of CPU for each sign-in, by label and case."""


async def compare_with(folder: Path) -> None:
    """Run both, and print what a sign-in costs; raise NotStarted."""
    costs: Costs = {}
    for _ in range(STARTS):
        labels = await _compared(folder, costs)
    for line in told(labels, costs):
        print(line)


async def _compared(folder: Path, costs: Costs) -> list[str]:
    """Start everybody, add what a sign-in costs, and return their labels."""
    with Bench(auth_services=2) as bench:
        # The other checkout's names in Redis may not be those that our users may use.
        bench.redis.execute_command("ACL", "SETUSER", "auth_service", "~*", "&*", "+@all")  # type: ignore[no-untyped-call]
        ours = bench.ours()[0]
        contenders = [ours, _other(bench, ours, folder), *bench.peers([NGINX_LUA])]
        await _measure(contenders, costs)
        return [each.label for each in contenders]


def told(labels: Sequence[str], costs: Costs) -> list[str]:
    """Lines about costs: this checkout, the other one, then whoever joined them."""
    ours, theirs, *_ = labels
    lines = []
    for case in CASES:
        lines.append(f"µs of CPU a {case[0]}, at once: {case[1]}, median (least to most)")
        for label in labels:
            values = costs[label, case]
            spread = f"({min(values):.0f} to {max(values):.0f})"
            times = _ratio(costs[label, case], costs[theirs, case])
            lines.append(
                f"{label:40} {statistics.median(values):6.0f} {spread:18} {times:.2f} times"
            )
    ratios = [
        (what, n, _ratio(costs[ours, (what, n)], costs[theirs, (what, n)])) for what, n in CASES
    ]
    return lines + [f"ratio {what} {n}: {ratio:.2f}" for what, n, ratio in ratios]


def _ratio(values: Sequence[float], others: Sequence[float]) -> float:
    return statistics.median(values) / statistics.median(others)


def _other(bench: Bench, ours: Contender, folder: Path) -> Contender:
    session, port = other_checkout.start(bench, "auth_service", folder)
    door = replace(ours.door, sign_in_port=port)
    return replace(ours, name="other", label=str(folder), door=door, sign_ins=(session,))


async def _measure(contenders: Sequence[Contender], costs: Costs) -> None:
    for each in contenders:
        await _cost(each, (WHOLE, max(AT_ONCE)), WARM_UP_SECONDS)
    for repeat in range(REPEATS):
        for case in CASES:
            for each in rotated(contenders, repeat):
                costs.setdefault((each.label, case), []).append(await _cost(each, case, SECONDS))


async def _cost(contender: Contender, case: Case, seconds: float) -> float:
    """Measure again what had a failure, because a failure costs something else."""
    for _ in range(MOST_TRIES):
        done, cost = await _tried(contender, case, seconds)
        if not done.failures:
            return cost.cpu / len(done.cookies) * 1e6
        print(f"  {contender.label}: {dict(done.failures)}, once more", file=sys.stderr)
    raise SignInsFailedError(contender.label)


async def _tried(contender: Contender, case: Case, seconds: float) -> tuple[SignInRun, Cost]:
    what, at_once = case
    runs: list[SignInRun] = []

    async def run() -> SignInRun:
        runs.append(
            await sign_in_for(contender.door, at_once=at_once, seconds=seconds, lands=what == WHOLE)
        )
        return runs[-1]

    done = await measured(run, contender.sign_ins, tries=TRIES, on_disturbed=lambda: None)
    if what == WITHOUT:
        # A session whose browser does not come is ended after a minute: in the middle of another run.
        for each in runs:
            await land_all(contender.door, each)
    return done


class SignInsFailedError(Exception):
    """Sign-ins fail again and again; the text says whose."""

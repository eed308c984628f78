"""`python -m bench [--quick] [--only W1,W2]`: the whole benchmark; see docs/benchmark.md."""

import argparse
import dataclasses
import signal
import sys
import traceback
from collections.abc import Callable, Collection, Coroutine, Sequence

import uvloop

from bench import report
from bench.machine import beginning, unsuitable, versions
from bench.peers.kinds import FLOORS, GENERATED, PEERS
from bench.plan import FULL, QUICK, WORKS, Plan
from bench.results import Results
from bench.runs.live_viewers import ViewersRun
from bench.runs.pages import PageRun, page_sizes
from bench.runs.pairs import PairRun
from bench.runs.redis_pause import RedisPauseRun
from bench.runs.start import StartRun
from bench.runs.whole_sign_ins import SignInsRun
from bench.tools import programs
from bench.tools.installed import services_python
from bench.tools.pairs import our_pair, peer_pair
from bench.tools.process import pin_others
from bench.tools.site import Bench, NotStarted
from harness.stack import Stack
from local_stack.layout import REPOSITORY

Phase = Callable[[Plan, Results], Coroutine[None, None, None]]


def main(arguments: Sequence[str] | None = None) -> int:
    plan = _plan(arguments)
    if problem := unsuitable() or programs.missing("wrk"):
        print(problem, file=sys.stderr)
        return 1
    # However it is ended, the processes it started end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    pin_others()
    results, machine = Results(), beginning()
    failed = [works for works, phase in PHASES if not _ran(works, phase, plan, results)]
    results.save(GENERATED / "results.json")
    for file in report.write(results, plan, machine | versions()):
        print(f"Wrote {file.relative_to(REPOSITORY)}", flush=True)
    return 1 if failed else 0


def _ran(works: Collection[str], phase: Phase, plan: Plan, results: Results) -> bool:
    """Run a phase if it is wanted. What others measured must not be lost with one that fails."""
    wanted = [work for work in plan.works if work in works]
    if not wanted:
        return True
    try:
        uvloop.run(phase(plan, results))
    except Exception as error:  # noqa: BLE001 - whatever it is, the tables must say so
        traceback.print_exc()
        for work in wanted:
            results.not_measured(work, "the rest", f"the run ended with {type(error).__name__}")
        return False
    return True


async def _on_one_core(plan: Plan, results: Results) -> None:
    """W1, W2, W3 and W5: everybody runs all the time, and one at a time is asked."""
    print("Starting everybody …", flush=True)
    with Bench() as bench:
        contenders = [*bench.ours(), *bench.peers((*PEERS, *FLOORS))]
        pages = PageRun(bench, plan, results)
        contenders = await pages.fill(contenders)
        for label, size in (await page_sizes(contenders)).items():
            results.say("W1", label, bytes=str(size))
        if "W1" in plan.works:
            await pages.signed_in(contenders)
        if "W2" in plan.works:
            await pages.anonymous(contenders)
        if "W3" in plan.works:
            await SignInsRun(bench, plan, results).sign_ins(contenders)
        if "W5" in plan.works:
            await RedisPauseRun(bench, plan, results).run(contenders)


async def _with_replicas(plan: Plan, results: Results) -> None:
    """W4 and W6: two replicas each; whatever needs Webex asks the sandbox."""
    print("Starting two replicas of everybody …", flush=True)
    with (
        Bench() as bench,
        Stack(
            python=services_python(), auth_services=2, app_services=2, SIGN_IN_RATE="100000r/s"
        ) as stack,
    ):
        pairs = [our_pair(stack)]
        for kind in PEERS:
            try:
                pairs.append(await peer_pair(bench, kind, stack))
            except NotStarted as reason:
                for work in ("W4", "W6"):
                    results.not_measured(work, kind.label, str(reason))
        run = PairRun(plan, results)
        if "W4" in plan.works:
            await run.storm(pairs)
        if "W6" in plan.works:
            await run.restarts(pairs)


async def _live(plan: Plan, results: Results) -> None:
    """W7."""
    print("Letting people watch …", flush=True)
    await ViewersRun(plan, results).run()


async def _starts(plan: Plan, results: Results) -> None:
    """W8: one start after the other, so nobody waits for somebody else."""
    print("Starting one after the other …", flush=True)
    run = StartRun(results, plan.sign_in_repeats)
    with Bench() as bench:
        run.starts(bench, PEERS)
    if not plan.quick:
        run.images()


PHASES: Sequence[tuple[Collection[str], Phase]] = (
    (("W1", "W2", "W3", "W5"), _on_one_core),
    (("W4", "W6"), _with_replicas),
    (("W7",), _live),
    (("W8",), _starts),
)


def _plan(arguments: Sequence[str] | None) -> Plan:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look in under three minutes")
    parser.add_argument("--only", default=",".join(WORKS), help="some of " + ",".join(WORKS))
    told = parser.parse_args(arguments)
    works = tuple(told.only.split(","))
    return dataclasses.replace(QUICK if told.quick else FULL, works=works)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.large`: 1 000 to 1 000 000 sessions in a real Redis, and 10 000 viewers.

    python -m bench.large                      all sizes, one step after the other; about an hour
    python -m bench.large --sizes 1000 10000   these sizes
    python -m bench.large --viewers 10000      people who watch a space, over two replicas (--people 2500:
                                               in four tabs each)
    python -m bench.large --soak 120           minutes of mixed traffic with a fault every minute
    python -m bench.large --tables             what was measured so far

Sessions are written by auth_service's own writer and index. What was written and measured stays in
.run/bench/large, so a run that was broken off goes on where it was; `--again` forgets it. Each says before
what memory it needs.
"""

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import uvloop

from bench.large import measures, table
from bench.large.failover import fail_over
from bench.large.fill import fill
from bench.large.kept import ROOT, Kept
from bench.large.rotation import rotate
from bench.large.site import Site, address, open_site, running
from bench.large.soak import soak
from bench.large.viewers import most_viewers, watch
from bench.tools import programs
from harness.redis_group import RedisNode

SIZES = (1_000, 10_000, 100_000, 1_000_000)
# Two Redis servers with all sessions, one of them writing a copy; the services, and what each viewer takes.
BYTES_A_SESSION = 7_000
BYTES_BESIDE = 800_000_000
BYTES_A_VIEWER = 150_000

Step = Callable[[Site, RedisNode], Awaitable[dict[str, float]]]
FILL, FAILOVER = "fill", "failover"
STEPS: dict[str, Step] = {
    "page": measures.page,
    "end all": lambda site, _: measures.end_all(site),
    "rewrite": measures.rewrite,
    "restart": measures.restart,
    "rotation": rotate,
}


def measure(kept: Kept) -> None:
    """Take all steps that have not been taken."""
    if not {FILL, *STEPS} <= kept.results.keys():
        with kept.running_redis() as node:
            if FILL not in kept.results:
                _keep(kept, FILL, fill(kept, node))
            uvloop.run(_on_one_redis(kept, node))
    if FAILOVER not in kept.results:
        uvloop.run(_on_two(kept))


async def _on_one_redis(kept: Kept, node: RedisNode) -> None:
    missing = [step for step in STEPS if step not in kept.results]
    if not missing:
        return
    with running(kept, address(node)) as stack:
        async with open_site(kept, stack, address(node)) as site:
            for step in missing:
                print(f"{kept.sessions:,} sessions: {step} …", flush=True)
                _keep(kept, step, await STEPS[step](site, node))


async def _on_two(kept: Kept) -> None:
    async for step, found in fail_over(kept):
        _keep(kept, step, found)


def _keep(kept: Kept, step: str, found: dict[str, float]) -> None:
    kept.keep_results(step, found)
    for name, value in found.items():
        print(f"  {name}: {table.number(value)}", flush=True)


def all_sizes(sizes: Sequence[int]) -> int:
    if not _enough(max(sizes, default=0) * BYTES_A_SESSION):
        return 1
    for size in sizes:
        print(f"{size:,} sessions", flush=True)
        measure(Kept(size))
    print(tables())
    return 0


def beside(name: str, needed: int, run: Callable[[], Coroutine[Any, Any, dict[str, float]]]) -> int:
    """One measurement that belongs to no size."""
    if not _enough(needed):
        return 1
    ROOT.mkdir(parents=True, exist_ok=True)
    found = uvloop.run(run())
    (ROOT / f"{name}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(table.in_lines(found))
    return 0


def tables() -> str:
    there = (int(folder.name) for folder in ROOT.glob("[0-9]*") if folder.is_dir())
    sizes = {size: Kept(size).results for size in there}
    beside = {
        file.stem: json.loads(file.read_text("utf-8")) for file in sorted(ROOT.glob("*.json"))
    }
    parts = (f"{name}:\n\n{table.in_lines(found)}" for name, found in beside.items())
    return "\n\n".join((table.by_size(sizes), *parts))


def _enough(needed: int) -> bool:
    """Say how much memory it takes, and whether it is there."""
    needed += BYTES_BESIDE
    there = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    print(f"Needs {needed / 1e9:.1f} GB of memory; {there / 1e9:.1f} GB are free.", flush=True)
    if there < needed:
        print("That is not enough: take less (--sizes, --viewers).", file=sys.stderr)
    return there >= needed


def main(arguments: Sequence[str] | None = None) -> int:
    told = _parser().parse_args(arguments)
    if told.tables:
        print(tables())
        return 0
    if problem := programs.missing("wrk"):
        print(problem, file=sys.stderr)
        return 1
    # However it is ended, the processes it started end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if told.soak:
        return beside("soak", 0, lambda: soak(told.soak))
    if told.viewers:
        viewers = min(told.viewers, most_viewers())
        if viewers < told.viewers:
            print(f"This system lets one program have {viewers:,} streams (ulimit -n).")
        people = min(told.people or viewers, viewers)
        needed = viewers * BYTES_A_VIEWER
        return beside(f"{viewers} viewers", needed, lambda: watch(viewers, people))
    if told.again:
        shutil.rmtree(ROOT, ignore_errors=True)
    return all_sizes(told.sizes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.large")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="so many sessions each")
    parser.add_argument("--again", action="store_true", help="forget what was written and measured")
    parser.add_argument("--viewers", type=int, help="measure so many people who watch a space")
    parser.add_argument("--people", type=int, help="let so many people watch, in several tabs each")
    parser.add_argument("--soak", type=int, metavar="MINUTES", help="traffic with faults")
    parser.add_argument("--tables", action="store_true", help="show what was measured so far")
    return parser


if __name__ == "__main__":
    sys.exit(main())

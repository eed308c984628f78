"""`python -m bench.before_after FOLDER`: the signed-in page of this checkout beside that of another one.

bench.page_cost runs the same code again and again, so it does not see what a running service pays for
code and data that its caches have lost meanwhile. This does: both services run on the same Redis, for the
same 1 000 sessions, and are asked in turn over 32 connections, and so is aiohttp hello.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.peers.kinds import HELLO
from bench.plan import Plan
from bench.results import Results
from bench.runs.pages import PageRun, ask_for_page, cpu_a_page, rotated
from bench.tools import programs
from bench.tools.cost import measured
from bench.tools.installed import services_python
from bench.tools.process import CONTENDER_CORE, pin
from bench.tools.site import Bench, Contender
from local_stack.child import Child

CONNECTIONS, WARM_UP_SECONDS, SECONDS, REPEATS, TRIES = 32, 3, 2, 15, 2


def other(bench: Bench, ours: Contender, folder: Path) -> Contender:
    """Run the other checkout's app_service in the place of the second replica."""
    process = bench.stack.process("app_service.2")
    environment = _environment(process.pid) | {"PYTHONPATH": str(folder)}
    process.stop()
    command = f"cd '{folder}' && exec {services_python()} -m app_service"
    session = bench.running.start(Child("other", command, environment))
    port = bench.stack.ports.app_service[1]
    bench.running.wait_for("other", port, "/healthz")
    pin(session, CONTENDER_CORE)
    door = replace(ours.door, page_port=port)
    return replace(ours, name="other", label=str(folder), door=door, pages=(session,))


def _environment(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


async def compare(contenders: Sequence[Contender]) -> None:
    """Ask each in turn, and print what a page costs."""
    floor, costs = contenders[0], {each.label: list[float]() for each in contenders}
    for each in contenders:
        await _cost(each, WARM_UP_SECONDS)
    for repeat in range(REPEATS):
        for each in rotated(contenders, repeat):
            costs[each.label].append(await _cost(each, SECONDS))
    print(f"µs of CPU a page, median of {REPEATS} (least to most)")
    for label, values in costs.items():
        times = statistics.median(values) / statistics.median(costs[floor.label])
        spread = f"({min(values):.1f} to {max(values):.1f})"
        print(f"{label:40} {statistics.median(values):6.1f} {spread:18} {times:.2f} times")


async def _cost(contender: Contender, seconds: float) -> float:
    page, cost = await measured(
        lambda: ask_for_page(contender, CONNECTIONS, seconds, signed_in=True),
        contender.pages,
        tries=TRIES,
        on_disturbed=lambda: None,
    )
    return cpu_a_page(cost, page)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.before_after")
    parser.add_argument("folder", type=_checkout, help="another checkout of this project")
    folder: Path = parser.parse_args(arguments).folder
    if problem := programs.missing("wrk"):
        print(problem, file=sys.stderr)
        return 1
    asyncio.run(_compare_with(folder))
    return 0


async def _compare_with(folder: Path) -> None:
    with Bench(app_services=2) as bench:
        ours = bench.ours()[0]
        run = PageRun(bench, Plan(), Results())
        contenders = await run.fill([*bench.peers([HELLO]), ours])
        await compare([*contenders, other(bench, ours, folder)])


def _checkout(argument: str) -> Path:
    folder = Path(argument).resolve()
    if not (folder / "app_service" / "__main__.py").is_file():
        raise argparse.ArgumentTypeError(f"{folder} is no checkout of this project")
    return folder


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.simulation SCENARIO SECONDS [SEED]`: run new seeds, or show one."""

import argparse
import random
import sys
import time
from collections import Counter

from tests.simulation.run import run
from tests.simulation.scenarios import SCENARIOS, Scenario

now = time.monotonic  # the wall's: within a run time is virtual


def show(scenario: Scenario, seed: int) -> int:
    """Print everything that happened with a seed."""
    found = run(scenario, seed, tracing=True)
    for line in found.trace:
        print(line)
    for violation in found.violations:
        print(f"\n{scenario.name} seed {seed}: NOT {violation.promise.value}\n  {violation.what}")
    return bool(found.violations)


def explore(scenario: Scenario, seconds: float, first: int) -> int:
    """Run seeds one after the other; say what broke, and show the first seed that broke anything."""
    began, runs, counts = now(), 0, Counter[str]()
    broken: Counter[str] = Counter()
    seeds: dict[str, list[int]] = {}
    while now() - began < seconds:
        found = run(scenario, first + runs)
        runs += 1
        counts += found.counts
        for promise in {violation.promise for violation in found.violations}:
            broken[promise.name] += 1
            seeds.setdefault(promise.name, []).append(found.seed)
    print(f"{scenario.name}: {runs} runs from seed {first}, broken: {dict(broken) or 'nothing'}")
    for name, failed in seeds.items():
        print(f"  {name}: seeds {failed[:10]}")
    for name, count in sorted(counts.items()):
        print(f"  {count:8} {name}")
    return bool(broken) and show(scenario, min(min(failed) for failed in seeds.values()))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("scenario", choices=[*SCENARIOS, "all"])
    parser.add_argument("seconds", type=float, help="for each scenario")
    parser.add_argument("seed", type=int, nargs="?", help="show this one of a scenario")
    told = parser.parse_args()
    if told.seed is not None:
        if told.scenario == "all":
            parser.error("a seed is that of one scenario")
        return show(SCENARIOS[told.scenario], told.seed)
    names = SCENARIOS if told.scenario == "all" else [told.scenario]
    first = random.SystemRandom().randrange(10**9)
    return max(explore(SCENARIOS[name], told.seconds, first) for name in names)


if __name__ == "__main__":
    sys.exit(main())

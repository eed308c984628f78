"""`python -m tests.simulation SCENARIO SECONDS [SEED]`: run new seeds, or show one."""

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


def main(arguments: list[str]) -> int:
    names = SCENARIOS if arguments[0] == "all" else [arguments[0]]
    if len(arguments) > 2:
        return show(SCENARIOS[arguments[0]], int(arguments[2]))
    first = random.SystemRandom().randrange(10**9)
    return max(explore(SCENARIOS[name], float(arguments[1]), first) for name in names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

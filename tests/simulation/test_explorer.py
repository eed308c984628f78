"""What is promised holds in every order of events that 25 seeds of each scenario try, or that once failed.

`make explore` tries new ones. A promise that is known to be broken stands at its scenario (`shows`): it has
to be seen broken here, so that whoever mends it takes it out.
"""

from collections import Counter

import pytest

from tests.simulation.run import run
from tests.simulation.scenarios import SCENARIOS

SEEDS = range(25)


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_promised_holds_in_every_order_of(name: str) -> None:
    scenario, seen = SCENARIOS[name], Counter[str]()
    for seed in (*SEEDS, *scenario.seeds):
        for violation in run(scenario, seed).violations:
            known = violation.promise in scenario.shows
            assert known, f"make explore SCENARIO={name} SEED={seed} shows why: {violation}"
            seen[violation.promise.name] += 1
    assert seen.keys() == {promise.name for promise in scenario.shows}


@pytest.mark.parametrize("name", ["refresh_kills", "tabs_faults", "watching"])
def test_a_seed_shows_the_same_run_again(name: str) -> None:
    first, second = (run(SCENARIOS[name], 7, tracing=True) for _ in range(2))
    assert len(first.trace) > 20
    assert first.trace == second.trace

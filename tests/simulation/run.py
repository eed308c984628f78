"""One run of one scenario with one seed."""

import contextlib
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.simulation.checks import check
from tests.simulation.chronicle import Promise, Violation
from tests.simulation.loop import Stuck, virtual
from tests.simulation.scenarios import Scenario
from tests.simulation.world import World


@dataclass(frozen=True)
class Run:
    seed: int
    violations: list[Violation]
    counts: Counter[str]
    trace: list[str]


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Nobody reads the services' log lines here."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def run(scenario: Scenario, seed: int, *, tracing: bool = False) -> Run:
    """The same scenario and seed give the same run."""
    with silence(), virtual(seed) as (loop, dice):
        world = World(loop, dice, tracing=tracing)

        async def story() -> None:
            await scenario.story(world)
            await check(world)

        with world.chronicle.listening():
            try:
                loop.run_until_complete(story())
            except Stuck as stuck:
                world.chronicle.violated(Promise.ENDS, str(stuck))
    counts = world.chronicle.counts + world.network.counts + world.webex.counts
    counts["kills"] += world.kills
    return Run(seed, world.chronicle.violations, counts, world.trace.lines)

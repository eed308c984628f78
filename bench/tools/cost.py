"""What a run cost the contender, and whether somebody else was on its core."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.tools.process import CONTENDER_CORE, TICKS, cpu_seconds

T = TypeVar("T")
# user, nice, system, irq, softirq, steal of a core's line in /proc/stat (proc(5)).
BUSY_FIELDS = (1, 2, 3, 6, 7, 8)
MOST_FOREIGN = 0.1


@dataclass(frozen=True)
class Cost:
    cpu: float
    """Seconds of CPU time of the contender's processes."""
    wall: float
    """Seconds that passed."""
    core: float
    """Seconds that the contender's core was busy, with whatever."""

    @property
    def busy(self) -> float:
        """The contender's share of its core, from 0 to 1."""
        return self.cpu / self.wall

    @property
    def foreign(self) -> float:
        """The share of the core's time that went to somebody else."""
        return max(0.0, self.core - self.cpu) / self.wall


async def measured(
    run: Callable[[], Awaitable[T]],
    sessions: Sequence[int],
    *,
    tries: int,
    on_disturbed: Callable[[], None],
) -> tuple[T, Cost]:
    """Run and measure; again, if others took a tenth of the core. The least disturbed run counts."""
    best: tuple[T, Cost] | None = None
    for _ in range(tries):
        before = time.perf_counter(), cpu_seconds(*sessions), _core_seconds()
        result = await run()
        after = time.perf_counter(), cpu_seconds(*sessions), _core_seconds()
        cost = Cost(after[1] - before[1], after[0] - before[0], after[2] - before[2])
        if best is None or cost.foreign < best[1].foreign:
            best = result, cost
        if cost.foreign < MOST_FOREIGN:
            break
        on_disturbed()
    assert best is not None
    return best


def _core_seconds() -> float:
    for line in Path("/proc/stat").read_text(encoding="ascii").splitlines():
        words = line.split()
        if words[0] == f"cpu{CONTENDER_CORE}":
            return sum(int(words[each]) for each in BUSY_FIELDS) / TICKS
    raise RuntimeError("The contender's core is not in /proc/stat.")

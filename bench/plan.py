"""How long and how often: the whole benchmark takes about twenty minutes, the quick one under three."""

from dataclasses import dataclass

WORKS = ("W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8")


@dataclass(frozen=True)
class Plan:
    """Times in seconds."""

    repeats: int = 3
    page_seconds: float = 4.0
    warm_up_seconds: float = 2.0
    calm_seconds: float = 2.0
    """Before something is broken, and after it was mended."""
    tries: int = 3
    """How often a run is made that others disturb …"""
    most_disturbed: int = 30
    """… until so many were: a benchmark on a busy machine must end, too."""
    sign_in_seconds: float = 5.0
    sign_in_repeats: int = 3
    sessions: int = 1000
    redis_pause_seconds: float = 5.0
    viewers: tuple[int, ...] = (1, 100, 1000)
    messages: int = 5
    """How many messages the viewers wait for."""
    works: tuple[str, ...] = WORKS
    quick: bool = False

    def tries_after(self, disturbed: int) -> int:
        """How often the next run may be made."""
        return self.tries if disturbed < self.most_disturbed else 1

    @property
    def whole(self) -> bool:
        """Whether this is what docs/benchmark.md promises, and not a look at a part of it."""
        return not self.quick and self.works == WORKS


FULL = Plan()
QUICK = Plan(
    repeats=1,
    page_seconds=1.0,
    warm_up_seconds=1.0,
    calm_seconds=1.0,
    tries=1,
    sign_in_seconds=1.0,
    sign_in_repeats=1,
    sessions=30,
    redis_pause_seconds=2.0,
    viewers=(1, 20),
    messages=2,
    quick=True,
)

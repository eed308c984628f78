"""A straight line through samples (least squares): how fast something grows."""

from collections.abc import Sequence


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Of pairs of seconds and a value, how much the value grows in an hour; 0 for fewer than two moments."""
    if not samples:
        return 0.0
    middle = sum(x for x, _ in samples) / len(samples)
    level = sum(y for _, y in samples) / len(samples)
    spread = sum((x - middle) ** 2 for x, _ in samples)
    if spread == 0:
        return 0.0
    return sum((x - middle) * (y - level) for x, y in samples) / spread * 3600


def second_half(samples: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Without the time in which caches fill."""
    return samples[len(samples) // 2 :]

"""The counter of steps counts the same each time, and what was taken where."""

from collections import Counter
from types import FrameType

from bench.tools.steps import counted


def short() -> int:
    return 1


def long() -> int:
    total = 0
    for number in range(10):
        total += number
    return total


def place(frame: FrameType) -> str | None:
    name = frame.f_code.co_name
    return name if name in {"short", "long"} else None


def count(times: int) -> Counter[str]:
    steps: Counter[str] = Counter()
    with counted(steps, place):
        for _ in range(times):
            short()
            long()
    return steps


def test_what_is_done_twice_takes_twice_the_steps() -> None:
    count(1)
    once = count(1)
    assert once["long"] > 5 * once["short"] > 0
    assert count(2) == Counter({name: 2 * steps for name, steps in once.items()})


def test_what_comes_after_the_block_is_not_counted() -> None:
    steps: Counter[str] = Counter()
    with counted(steps, place):
        short()
        short()
    before = steps.total()
    assert before > 0
    long()
    assert steps.total() == before

"""A file has to come at a least rate (common/web/least_rate.py), in virtual time: machines may be busy."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from common.web.least_rate import LeastRate
from tests.simulation.loop import virtual

RATE, WINDOW = 1000, 20.0


def run(story: Coroutine[Any, Any, int]) -> int:
    with virtual(seed=1) as (loop, _):
        return loop.run_until_complete(story)


async def come(*pieces: tuple[float, int]) -> int:
    """Read pieces that come after so many seconds and are so many bytes; return what came."""
    left = list(pieces)

    async def read() -> bytes:
        seconds, size = left.pop(0)
        await asyncio.sleep(seconds)
        return b"x" * size

    watched, came = LeastRate(RATE, window_seconds=WINDOW).reader(read), 0
    while left:
        came += len(await watched())
    return came


def test_a_byte_now_and_then_is_too_little() -> None:
    with pytest.raises(TimeoutError):
        run(come(*[(2.0, 100)] * 100))


def test_silence_is_too_little() -> None:
    with pytest.raises(TimeoutError):
        run(come((0.0, 10_000_000), (500.0, 1)))


def test_what_was_quick_once_does_not_pay_for_later() -> None:
    with pytest.raises(TimeoutError):
        run(come((19.0, 10_000_000), *[(2.0, 100)] * 100))


def test_more_than_the_least_passes_however_long_it_takes() -> None:
    assert run(come(*[(2.0, 2002)] * 400)) == 800_800


def test_only_waiting_for_the_sender_counts() -> None:
    async def read() -> bytes:
        return b"x"

    async def with_pauses() -> int:
        watched, came = LeastRate(RATE, window_seconds=WINDOW).reader(read), 0
        for _ in range(5):
            came += len(await watched())
            # What Webex needs for it.
            await asyncio.sleep(WINDOW / 2)
        return came

    assert run(with_pauses()) == 5

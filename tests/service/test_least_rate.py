"""A file has to come at a least rate (common/web/least_rate.py)."""

import asyncio

import pytest

from common.web.least_rate import LeastRate

RATE, WINDOW = 1000, 0.2


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


async def test_a_byte_now_and_then_is_too_little() -> None:
    with pytest.raises(TimeoutError):
        await come(*[(0.02, 1)] * 100)


async def test_silence_is_too_little() -> None:
    with pytest.raises(TimeoutError):
        await come((0.0, 100_000), (5.0, 1))


async def test_what_was_quick_once_does_not_pay_for_later() -> None:
    with pytest.raises(TimeoutError):
        await come((0.25, 100_000), *[(0.02, 1)] * 100)


async def test_more_than_the_least_passes_however_long_it_takes() -> None:
    assert await come(*[(0.02, 200)] * 40) == 8000


async def test_only_waiting_for_the_sender_counts() -> None:
    async def read() -> bytes:
        return b"x"

    watched = LeastRate(RATE, window_seconds=WINDOW).reader(read)
    for _ in range(5):
        assert await watched() == b"x"
        # What Webex needs for it.
        await asyncio.sleep(0.1)

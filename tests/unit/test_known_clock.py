"""Redis' clock is told without asking only while that is surely right."""

import time

import pytest

from common.store.known_clock import KNOWN_SECONDS, MOST_BEHIND_SECONDS, KnownClock


class Here:
    """What time.monotonic() says."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    here = Here()
    monkeypatch.setattr(time, "monotonic", here)
    return here


def test_what_was_told_goes_on_and_is_forgotten_after_a_while(here: Here) -> None:
    clock = KnownClock()
    assert clock.now() is None
    clock.told((1_800_000_000, 250_999), asked=here.now)
    here.now += 2.5
    assert clock.now() == 1_800_000_002_750
    here.now += KNOWN_SECONDS
    assert clock.now() is None


def test_an_answer_that_took_long_is_not_believed(here: Here) -> None:
    """Who reads it late would be behind, and write with a patience that is over."""
    clock, asked = KnownClock(), here.now
    here.now += 2 * MOST_BEHIND_SECONDS
    clock.told((1_800_000_000, 0), asked=asked)
    assert clock.now() is None


def test_a_failure_tells_no_time(here: Here) -> None:
    clock = KnownClock()
    clock.told(OSError(), asked=here.now)
    assert clock.now() is None


def test_it_is_told_again_before_it_is_forgotten(here: Here) -> None:
    clock = KnownClock()
    assert clock.is_due
    clock.told((1_800_000_000, 0), asked=here.now)
    assert not clock.is_due
    here.now += 0.6 * KNOWN_SECONDS
    assert clock.now() is not None
    assert clock.is_due

"""What is remembered is forgotten again, by time and by number."""

import pytest

from common.sessions import recent
from common.sessions.recent import MOST_IN_A_GENERATION, Recent
from harness.eventually import eventually


class Value:
    """Something that a test can see to be in memory."""


async def test_what_nobody_asks_for_any_more_is_forgotten_though_nobody_else_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recent, "GENERATION_SECONDS", 0.01)
    remembered = Recent[Value]()
    remembered.put("a", Value())
    remembered.put("b", Value())

    async def nothing_is_left() -> bool:
        return not remembered.names()

    await eventually(nothing_is_left)


async def test_what_is_asked_for_is_not_forgotten_with_its_generation() -> None:
    remembered, value = Recent[Value](), Value()
    remembered.put("kept", value)
    remembered.age()
    assert remembered.get("kept") is value
    remembered.age()
    assert remembered.get("kept") is value
    remembered.age()
    remembered.age()
    assert remembered.get("kept") is None


async def test_what_is_over_is_forgotten_at_once_however_often_it_is_asked_for() -> None:
    remembered = Recent[Value]()
    remembered.put("young", Value())
    remembered.forget("young")
    remembered.put("old", Value())
    remembered.age()
    remembered.forget("old")
    remembered.forget("never there")
    assert remembered.names() == set()


async def test_no_crowd_fills_the_memory() -> None:
    remembered = Recent[Value]()
    for number in range(10 * MOST_IN_A_GENERATION):
        remembered.put(str(number), Value())
    assert len(remembered.names()) <= 2 * MOST_IN_A_GENERATION
    assert remembered.get(str(10 * MOST_IN_A_GENERATION - 1))

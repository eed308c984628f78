"""What a replica knows of spaces (app_service/space/spaces.py) has a bound."""

from typing import Any

import pytest

from app_service.space import spaces
from app_service.space.spaces import OpenSpace, Spaces
from common.failures import Failure


def made(_: str) -> OpenSpace:
    part: Any = None
    return OpenSpace(part, part, part, part, part)


@pytest.fixture(autouse=True)
def _two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spaces, "MOST_HELD", 2)


def test_a_space_is_made_once_and_found_again() -> None:
    ours = Spaces(made, "own")
    assert ours.find("a") is ours.find("a")
    assert ours.own() is ours.find("own")


def test_of_too_many_that_goes_which_was_asked_for_longest_ago() -> None:
    ours = Spaces(made, None)
    first, second = ours.find("a"), ours.find("b")
    assert ours.find("a") is first
    ours.find("c")
    assert len(ours) == 2
    assert ours.find("a") is first
    assert ours.find("b") is not second


def test_one_that_is_watched_stays() -> None:
    ours = Spaces(made, None)
    watched = ours.find("a")
    watched.is_watched = True
    for name in "bcd":
        ours.find(name)
    assert len(ours) == 2
    assert ours.find("a") is watched


def test_the_space_that_was_just_asked_for_is_never_the_one_to_go() -> None:
    ours = Spaces(made, None)
    for name in "ab":
        ours.find(name).is_watched = True
    assert ours.find("c") is ours.find("c")


def test_without_a_space_of_its_own_a_replica_says_so() -> None:
    with pytest.raises(Failure, match="no_space"):
        Spaces(made, None).own()

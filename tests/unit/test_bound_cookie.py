"""The short cookie of a bound session: judged by what is sealed in it, for one session, until its end."""

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from common.sessions import bound_cookie
from common.sessions.bound_cookie import (
    COOKIE_SECONDS,
    SETTLING_SECONDS,
    SKEW_SECONDS,
    UNBOUND_SECONDS,
    BoundCookies,
    NotBound,
    NotProven,
)
from common.sessions.newer_record import NewerRecord
from common.sessions.sealing import Sealer
from common.settings.bound_sessions import BoundSessions
from tests.sessions import session

OLD, NEW = "insecure-old-key-0123456789abcdefgh", "insecure-new-key-0123456789abcdefgh"
HANDLE, OTHER = "a" * 64, "b" * 64
BOUND = replace(session(), bound_at=1)


@pytest.fixture
def cookies() -> BoundCookies:
    return BoundCookies(Sealer([OLD]), BoundSessions.OFFERED)


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let so many seconds pass."""
    then = time.time() + seconds
    monkeypatch.setattr(bound_cookie, "time", SimpleNamespace(time=lambda: then))


def test_a_session_goes_on_with_its_own_cookie(cookies: BoundCookies) -> None:
    cookies.check(HANDLE, BOUND, cookies.value(HANDLE))


@pytest.mark.parametrize("value", [None, "", "x", "====", "A" * 56, "\u0661", "-" * 4000])
def test_without_one_it_does_not(cookies: BoundCookies, value: str | None) -> None:
    with pytest.raises(NotProven):
        cookies.check(HANDLE, BOUND, value)


def test_another_sessions_cookie_is_none(cookies: BoundCookies) -> None:
    with pytest.raises(NotProven):
        cookies.check(HANDLE, BOUND, cookies.value(OTHER))


def test_what_was_judged_before_is_judged_the_same(cookies: BoundCookies) -> None:
    own, others = cookies.value(HANDLE), cookies.value(OTHER)
    for _ in range(2):
        cookies.check(HANDLE, BOUND, own)
        cookies.check(OTHER, BOUND, others)
        for handle, value in ((HANDLE, others), (OTHER, own)):
            with pytest.raises(NotProven):
                cookies.check(handle, BOUND, value)


def test_a_changed_character_anywhere_makes_it_none(cookies: BoundCookies) -> None:
    value = cookies.value(HANDLE)
    # The last character has bits that say nothing.
    for place in range(len(value) - 1):
        changed = value[:place] + ("A" if value[place] != "A" else "B") + value[place + 1 :]
        with pytest.raises(NotProven):
            cookies.check(HANDLE, BOUND, changed)


def test_it_lives_as_long_as_a_browser_keeps_it_whatever_the_clocks_and_no_longer(
    cookies: BoundCookies, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = cookies.value(HANDLE)
    at(monkeypatch, COOKIE_SECONDS + SKEW_SECONDS - 2)
    cookies.check(HANDLE, BOUND, value)
    at(monkeypatch, COOKIE_SECONDS + SKEW_SECONDS + 1)
    with pytest.raises(NotProven):
        cookies.check(HANDLE, BOUND, value)


def test_keys_rotate_under_it(cookies: BoundCookies) -> None:
    rotated = BoundCookies(Sealer([NEW, OLD]), BoundSessions.OFFERED)
    rotated.check(HANDLE, BOUND, cookies.value(HANDLE))


def test_a_replica_that_does_not_know_the_new_key_yet_asks_for_a_moment(
    cookies: BoundCookies,
) -> None:
    rotated = BoundCookies(Sealer([NEW, OLD]), BoundSessions.OFFERED)
    with pytest.raises(NewerRecord):
        cookies.check(HANDLE, BOUND, rotated.value(HANDLE))


def test_the_page_that_was_under_way_when_it_was_bound_needs_none(cookies: BoundCookies) -> None:
    just_bound = replace(BOUND, bound_at=int(time.time()))
    cookies.check(HANDLE, just_bound, None)
    with pytest.raises(NotProven):
        cookies.check(HANDLE, replace(BOUND, bound_at=int(time.time()) - SETTLING_SECONDS), None)


def test_a_session_that_is_not_bound_needs_none(cookies: BoundCookies) -> None:
    cookies.check(HANDLE, session(signed_in_ago=UNBOUND_SECONDS + 1), None)


def test_where_it_is_required_a_session_has_two_minutes_to_be_bound() -> None:
    cookies = BoundCookies(Sealer([OLD]), BoundSessions.REQUIRED)
    cookies.check(HANDLE, session(signed_in_ago=UNBOUND_SECONDS - 5), None)
    with pytest.raises(NotBound):
        cookies.check(HANDLE, session(signed_in_ago=UNBOUND_SECONDS), cookies.value(HANDLE))
    with pytest.raises(NotProven):
        cookies.check(HANDLE, BOUND, None)


def test_switched_off_it_asks_for_nothing() -> None:
    BoundCookies(Sealer([OLD])).check(HANDLE, BOUND, None)

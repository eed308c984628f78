"""When an access token is renewed: behind the answer near its end, before the call past it."""

import time
from dataclasses import replace

from app_service.visitor.with_token import EARLY_SECONDS, ends_soon, has_ended
from common.sessions.record import Session, Tokens

DAY = 86_400


def _session(*, left: float | None, age: float = DAY, refresh_token: str | None = "r") -> Session:
    now = int(time.time())
    return Session(
        person_id="p",
        tokens=Tokens(
            access_token="a",
            access_ends_at=None if left is None else int(now + left),
            refresh_token=refresh_token,
            refresh_ends_at=now + 90 * DAY,
            scopes=(),
        ),
        signed_in_at=int(now - age),
        ends_at=now + DAY,
        written_at=int(now - age),
    )


def test_a_fresh_token_is_left_alone() -> None:
    assert not ends_soon(_session(left=13 * DAY))
    assert not has_ended(_session(left=13 * DAY))


def test_a_token_near_its_end_is_renewed_early() -> None:
    assert ends_soon(_session(left=EARLY_SECONDS / 3))


def test_not_all_sessions_of_one_moment_are_renewed_in_one_moment() -> None:
    session = _session(left=EARLY_SECONDS * 0.75)
    assert {ends_soon(session) for _ in range(200)} == {True, False}


def test_a_token_past_its_end_is_not_used() -> None:
    assert has_ended(_session(left=-1))


def test_a_token_of_unknown_lifetime_is_used_until_webex_refuses_it() -> None:
    session = _session(left=None)
    assert not ends_soon(session)
    assert not has_ended(session)


def test_a_token_that_webex_did_not_replace_is_not_asked_for_with_every_page() -> None:
    assert not ends_soon(_session(left=5, age=10))


def test_a_short_lifetime_is_used_for_nine_tenths() -> None:
    assert not ends_soon(_session(left=30, age=70))
    assert ends_soon(_session(left=3, age=97))


def test_without_a_refresh_token_a_session_is_not_ended_before_its_time() -> None:
    session = _session(left=5, refresh_token=None)
    assert not ends_soon(session)
    expired = replace(session.tokens, refresh_token="r", refresh_ends_at=int(time.time()) - 1)
    assert not ends_soon(replace(session, tokens=expired))

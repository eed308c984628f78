"""The session record: what one release writes, its neighbours can read."""

import json
from dataclasses import replace

from common.sessions.record import Session, Tokens

TOKENS = Tokens(
    access_token="insecure-access",
    access_ends_at=2_000_000_000,
    refresh_token=None,
    refresh_ends_at=None,
    scopes=("spark:people_read", "spark:kms"),
)
SESSION = Session(
    person_id="person",
    tokens=TOKENS,
    signed_in_at=1_900_000_000,
    ends_at=1_901_000_000,
    written_at=1_900_000_000,
    revision=3,
)


def test_a_session_survives_the_way_through_a_record() -> None:
    assert Session.from_bytes(SESSION.to_bytes()) == SESSION


def test_a_session_that_is_printed_shows_no_token() -> None:
    tokens = replace(TOKENS, refresh_token="insecure-refresh")
    shown = repr(replace(SESSION, tokens=tokens))
    assert "spark:people_read" in shown
    assert "insecure-" not in shown


def test_fields_of_a_newer_release_are_passed_over() -> None:
    fields = json.loads(SESSION.to_bytes())
    fields["new_field"] = {"any": "thing"}
    fields["tokens"]["id_token"] = "x"
    assert Session.from_bytes(json.dumps(fields).encode()) == SESSION


def test_sessions_with_the_same_scopes_hold_them_once() -> None:
    """A replica holds thousands of sessions, one for each stream."""
    record = SESSION.to_bytes()
    one, other = Session.from_bytes(record), Session.from_bytes(record)
    assert one.tokens.scopes is other.tokens.scopes
    assert one.tokens.access_token is not other.tokens.access_token

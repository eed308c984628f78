"""Sessions as a sign-in makes them, without one."""

import time

from common.sessions.record import Session, Tokens


def session(
    person_id: str = "insecure-person", *, ends_in: int = 86400, signed_in_ago: int = 0
) -> Session:
    """Both times in seconds from now, by this process' clock."""
    now = int(time.time())
    tokens = Tokens(
        access_token="insecure-token",
        access_ends_at=None,
        refresh_token=None,
        refresh_ends_at=None,
        scopes=(),
    )
    return Session(
        person_id=person_id,
        tokens=tokens,
        signed_in_at=now - signed_in_ago,
        ends_at=now + ends_in,
        written_at=now,
    )

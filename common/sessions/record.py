"""The session record: who is signed in, with which tokens, until when."""

from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

# More sets of scopes are not granted at one site; each more is kept as often as it is read.
MOST_SCOPE_SETS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """What Webex granted. Times are Unix seconds; None where Webex did not say.

    Source: Webex developer guide "Integrations & Authorization"; RFC 6749 section 5.1.
    """

    access_token: str = field(repr=False)
    access_ends_at: int | None
    refresh_token: str | None = field(repr=False)
    refresh_ends_at: int | None
    scopes: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "scopes", _held_once(self.scopes))


@lru_cache(MOST_SCOPE_SETS)
def _held_once(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """The first of equal ones: each stream holds a session, and nearly all have the same."""
    return scopes


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One browser's session. Times are Unix seconds.

    `ends_at` is the absolute limit: nothing extends it. `revision` grows with every write, so that
    a writer can see whether somebody else was faster. `written_at` says when that was. `entry` is the
    Redis key of its entry in the person's list, which ends when the record does; None if it has none.
    """

    person_id: str
    tokens: Tokens
    signed_in_at: int
    ends_at: int
    written_at: int
    revision: int = 0
    entry: str | None = None
    left: tuple[str, ...] = ()
    """Keys of entries that it has left: whoever moves its idle clock ends them, if that was not done yet."""
    resealed_at: int = 0
    """When it was sealed anew under another key; zero if it never was."""
    bound_at: int = 0
    """When it was bound to its device (auth_service.binding); zero if it is not."""

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self)

    @staticmethod
    def from_bytes(data: bytes) -> "Session":
        """Read what to_bytes wrote, in any release.

        Fields that a newer one added are passed over; those that an older one lacks have defaults.
        """
        return _DECODER.decode(data)


_DECODER = msgspec.json.Decoder(Session)

"""The session record: who is signed in, with which tokens, until when."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """What Webex granted. Times are Unix seconds; None where Webex did not say.

    Source: Webex developer guide "Integrations & Authorization"; RFC 6749 section 5.1.
    """

    access_token: str
    access_ends_at: int | None
    refresh_token: str | None
    refresh_ends_at: int | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One browser's session. Times are Unix seconds.

    `ends_at` is the absolute limit: nothing extends it. `revision` grows with every write, so that
    a writer can see whether somebody else was faster. `written_at` says when that was.
    """

    person_id: str
    tokens: Tokens
    signed_in_at: int
    ends_at: int
    written_at: int
    revision: int = 0

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what to_bytes wrote, in any release.

        Fields that a newer one added are passed over; those that an older one lacks have defaults.
        """
        fields: dict[str, Any] = json.loads(data)
        tokens = _known(Tokens, fields["tokens"])
        tokens["scopes"] = tuple(tokens["scopes"])
        return cls(**{**_known(cls, fields), "tokens": Tokens(**tokens)})


def _known(record: type[Tokens] | type[Session], fields: dict[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in record.__slots__ if name in fields}

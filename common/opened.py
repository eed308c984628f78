"""A session as it was opened, and what was made from it since."""

from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any

from common.session import Session
from common.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Records:
    """What Redis holds for a ticket, still sealed."""

    session: bytes | None
    person: bytes | None


@dataclass(frozen=True, slots=True)
class Opened:
    """The content of records; it holds as long as Redis has the very same bytes for the same ticket."""

    records: Records
    secret: bytes = field(repr=False)
    outdated: bool
    """Whether the session was sealed under an older key."""
    session: Session = field(repr=False)
    person: dict[str, Any] | None = field(repr=False)
    """Webex's answer about the person, if it is still kept."""
    pages: dict[str, bytes] = field(repr=False, default_factory=dict)
    """Parts of pages that follow from nothing but this."""

    def is_of(self, ticket: Ticket, records: Records) -> bool:
        return self.records == records and compare_digest(self.secret, ticket.secret)

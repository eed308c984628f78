"""A session as it was opened, and what was made from it since."""

from dataclasses import dataclass, field
from typing import Any

from common.session import Session
from common.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Opened:
    """The content of records; it holds for one ticket, as long as Redis has the very same bytes."""

    ticket: Ticket = field(repr=False)
    records: list[bytes | None] = field(repr=False)
    """The session's and the person's, still sealed."""
    outdated: bool
    """Whether the session was sealed under an older key."""
    session: Session = field(repr=False)
    person: dict[str, Any] | None = field(repr=False)
    """Webex's answer about the person, if it is still kept."""
    pages: dict[str, bytes] = field(repr=False, default_factory=dict)
    """Pages that follow from nothing but this."""

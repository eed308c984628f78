"""Whoever asks: ticket, session, what Webex said of them if that is still kept, and what was made of it."""

from dataclasses import dataclass, field
from typing import Any

from common.sessions.record import Session
from common.sessions.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """What was opened from records; it holds for one ticket, while Redis has the session's same record."""

    ticket: Ticket = field(repr=False)
    key: str = field(repr=False)
    """The session's key in Redis."""
    seal: bytes = field(repr=False)
    """What the session's record ends with, and is told by (common.sessions.sealing.seal_of)."""
    outdated: bool
    """Whether the session was sealed under an older key."""
    opened_at: float
    """When, in Unix seconds, the records were opened."""
    look_again_at: float
    """When, in Unix seconds, the idle clock and the person's record are to be looked at again."""
    session: Session = field(repr=False)
    person: dict[str, Any] | None = field(repr=False)
    """Webex's answer about the person, if it is still kept."""
    person_seal: bytes | None = field(repr=False, default=None)
    """What the record of that answer ends with, if there is one."""
    pages: dict[str, bytes] = field(repr=False, default_factory=dict)
    """Pages that follow from nothing but this."""

    def is_current(self, now: float) -> bool:
        """Whether nothing but the session's record has to be looked at; `now` is in Unix seconds."""
        # The clock may have been set back meanwhile.
        return self.opened_at <= now < self.look_again_at

    def is_from(self, record: bytes | None) -> bool:
        """Whether this is what was opened from the session's record as it is in Redis now."""
        return record is not None and record.endswith(self.seal)

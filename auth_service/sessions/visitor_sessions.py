"""Where I am signed in, for the person who asks: their own session has to be in the list."""

import contextlib
from dataclasses import dataclass

from auth_service.sessions.of_person import PersonSession, PersonSessions
from auth_service.sessions.relisting import Relister
from common.sessions.reader import SessionReader
from common.sessions.record import Session
from common.sessions.ticket import Ticket
from common.store.access import StoreUnavailable


@dataclass(frozen=True)
class VisitorSessions:
    """Lists the sessions of a visitor's person; may raise StoreUnavailable."""

    sessions: SessionReader
    people: PersonSessions
    relister: Relister

    async def seen_by(self, ticket: Ticket, session: Session, browser: str) -> list[PersonSession]:
        """The live sessions, the one used last first; the visitor's own is in use right now."""
        with contextlib.suppress(StoreUnavailable):
            await self.sessions.touch(ticket, session)
        found = await self.people.of_person(session.person_id)
        if not any(_is_entered(other, ticket, session) for other in found):
            await self.relister.list_again(ticket, browser)
            found = await self.people.of_person(session.person_id)
        return found


def _is_entered(other: PersonSession, ticket: Ticket, session: Session) -> bool:
    """Whether it is the visitor's session, at the place that its record names."""
    return other.handle == ticket.handle and session.entry in other.entries

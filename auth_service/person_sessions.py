"""A person's sessions, seen and ended without their cookies.

Ending deletes the record: with it goes the only copy of the tokens, which nobody can read without
that browser's cookie. So they cannot be revoked from here, and nobody is left who could use them.
"""

import contextlib
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass

from auth_service.person_index import Entry, Listed, PersonIndex
from common.redis_access import StoreUnavailable
from common.session import Session
from common.session_store import SessionStore
from common.ticket import Ticket

log = logging.getLogger(__name__)

UNKNOWN = "A browser"


@dataclass(frozen=True)
class PersonSession:
    """One session as its person may see it. Times are Unix seconds; None where nothing is known.

    Near the absolute limit the record does not tell any more when it was last used; then
    `last_seen_at` is the earliest moment that is possible, and `last_seen_exact` is false.
    """

    handle: str
    browser: str
    last_seen_at: int
    last_seen_exact: bool
    signed_in_at: int | None = None
    ends_at: int | None = None


class PersonSessions:
    """Lists and ends sessions by person; every method may raise StoreUnavailable."""

    def __init__(self, sessions: SessionStore, index: PersonIndex, *, idle_seconds: int) -> None:
        self._sessions = sessions
        self._index = index
        self._idle_seconds = idle_seconds

    async def of_person(self, person_id: str) -> list[PersonSession]:
        """The person's live sessions, the one used last first."""
        live = await self._index.live(person_id)
        found = [self._session(handle, listed) for handle, listed in live.items()]
        return sorted(found, key=lambda session: session.last_seen_at, reverse=True)

    async def of_visitor(
        self, ticket: Ticket, session: Session, browser: str
    ) -> list[PersonSession]:
        """The same for the person who asks, whose own session is in use right now."""
        with contextlib.suppress(StoreUnavailable):
            await self._sessions.touch(ticket, session)
        found = await self.of_person(session.person_id)
        if all(other.handle != ticket.handle for other in found):
            # The sign-in was cut off after the record was written.
            await self._index.add(ticket.handle, Entry.of(session, browser))
            found = await self.of_person(session.person_id)
        return found

    async def end(self, person_id: str, handle: str) -> bool:
        """End one session; return False, and end nothing, if it is not one of this person's."""
        if handle not in await self._index.live(person_id):
            return False
        await self._end(person_id, [handle])
        return True

    async def end_all(self, person_id: str, *, except_for: str | None = None) -> int:
        """End all sessions of the person but one; return how many."""
        handles = [h for h in await self._index.live(person_id) if h != except_for]
        await self._end(person_id, handles)
        return len(handles)

    async def _end(self, person_id: str, handles: Iterable[str]) -> None:
        ended = tuple(handles)
        for handle in ended:
            await self._sessions.end(handle)
        await self._index.remove(person_id, *ended)
        log.info("sessions_ended", extra={"count": len(ended)})

    def _session(self, handle: str, listed: Listed) -> PersonSession:
        runs_out_at = time.time() + listed.seconds_left
        last_seen_at = round(runs_out_at - self._idle_seconds)
        entry = listed.entry
        if entry is None:
            return PersonSession(handle, UNKNOWN, last_seen_at, last_seen_exact=False)
        return PersonSession(
            handle=handle,
            browser=entry.browser,
            signed_in_at=entry.signed_in_at,
            last_seen_at=max(last_seen_at, entry.signed_in_at),
            # At the absolute limit the time to live is cut short, so it says "since then" only.
            last_seen_exact=runs_out_at < entry.ends_at - 1,
            ends_at=entry.ends_at,
        )

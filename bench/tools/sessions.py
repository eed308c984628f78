"""A session as a sign-in leaves it in Redis, with tokens as long as Webex's."""

import secrets
import time
from dataclasses import replace

from auth_service.sessions.person_index import Entry, PersonIndex
from auth_service.sessions.writer import SessionWriter
from common.sessions.reader import SessionReader
from common.sessions.record import Session, Tokens
from common.sessions.ticket import Ticket

SCOPES = (
    "spark:people_read spark:rooms_read spark:memberships_read spark:messages_read "
    "spark:messages_write spark:kms"
)


async def write_session(
    person: str, *, reader: SessionReader, writer: SessionWriter, index: PersonIndex
) -> Ticket:
    """Write record and entry, with one end; return what opens the record."""
    now, ticket = int(time.time()), Ticket.new()
    token = f"{secrets.token_urlsafe(72)}_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f"
    tokens = Tokens(
        access_token=token,
        access_ends_at=now + 1_209_599,
        refresh_token=token[::-1],
        refresh_ends_at=now + 7_775_999,
        scopes=tuple(SCOPES.split()),
    )
    session = Session(
        person_id=person,
        tokens=tokens,
        signed_in_at=now,
        ends_at=now + 1_209_600,
        written_at=now,
    )
    begun = await writer.begin(ticket)
    ends = reader.lifetime.end_of(session, begun.redis)
    entry = await index.add(ticket.handle, Entry.of(session, "Firefox on Linux"), ends=ends)
    await writer.create(ticket, replace(session, entry=entry), begun=begun)
    return ticket

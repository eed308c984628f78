"""Giving a session another entry in its person's list: under a newer key, or in place of a lost one.

Always under the session's lease: a refresh that compares what it writes over must not find the record
changed. The new entry is there before the record names it, and the old one goes after that, so that the
session is in the list all the time.

And sealing a record anew under the first of SESSION_KEYS, so that an older key can be taken out. Only a
browser's ticket opens its record, so this happens while the session is in use.
"""

import contextlib
import logging
import time
from dataclasses import dataclass, replace

from auth_service.sessions.lease import lease
from auth_service.sessions.person_index import UNKNOWN, Entry, PersonIndex
from auth_service.sessions.writer import SessionWriter, Stored, Written
from common.background import Background
from common.failures import TryLater
from common.sessions.idle_clock import Prolonged
from common.sessions.keys import session_key
from common.sessions.reader import SessionReader
from common.sessions.record import Session
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.store.access import RedisAccess, StoreUnavailable

log = logging.getLogger(__name__)

# How long an entry may be there that no record names, if whoever moves a session dies; milliseconds.
MOVING_MS = 30_000
RESEAL_AGAIN_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Relister:
    """Every method may raise StoreUnavailable or NewerRecord."""

    redis: RedisAccess
    sealer: Sealer
    sessions: SessionReader
    writer: SessionWriter
    index: PersonIndex

    async def list_again(self, ticket: Ticket, browser: str) -> None:
        """Add the session whose entry was lost; not while it is refreshed: then the next visit does."""
        async with lease(self.redis, ticket.handle) as got:
            if not got:
                return
            await self.with_entry(ticket, await self.writer.read(ticket), browser)

    async def with_entry(self, ticket: Ticket, stored: Stored | None, browser: str) -> None:
        """List the session whose entry was lost, or end it: it may be one that was meant by an end of all.

        For whoever holds the session's lease.
        """
        if stored is None or await self.index.has(stored.session.entry, ticket.handle):
            return
        if await self.index.was_ended(ticket.handle, stored.session):
            await self.writer.end(ticket.handle, stored.session.entry)
            log.info("unlisted_session_ended")
            return
        # Whoever moved it may have died before the record could name its new entry.
        entry = await self.index.find(ticket.handle, stored.session)
        await self._relist(
            ticket, stored, stored.session, entry or Entry.of(stored.session, browser)
        )

    async def under_newest_key(self, ticket: Ticket) -> Stored | None:
        """Return the session; what an older key has sealed, record and entry, is sealed anew before.

        For whoever holds the session's lease.
        """
        stored = await self.writer.read(ticket)
        if stored is None or not self._is_to_be_resealed(stored):
            return stored
        entry = await self.index.find(ticket.handle, stored.session)
        session = replace(stored.session, resealed_at=int(time.time()))
        if entry:
            await self._relist(ticket, stored, session, entry)
        else:
            await self.writer.replace(ticket, stored, session)
        log.info("resealed")
        return await self.writer.read(ticket)

    def _is_to_be_resealed(self, stored: Stored) -> bool:
        """Not a moment after another replica did, which then has another first key: they would take turns."""
        rested = abs(time.time() - stored.session.resealed_at) > RESEAL_AGAIN_SECONDS
        return self.sealer.is_outdated(stored.sealed) and rested

    async def _relist(self, ticket: Ticket, stored: Stored, session: Session, entry: Entry) -> None:
        """Write `session` with its entry in the newest list.

        Whoever dies in between leaves no session in two lists: until the record names the new entry, that
        ends soon, and then the record says which entries are left (common.sessions.lifetime).
        """
        handle, former = ticket.handle, stored.session.entry
        ends = min(await self.writer.ends(ticket), await self._soon(handle))
        if ends < 0:
            return
        key = await self.index.add(handle, entry, ends=ends)
        left = self.index.elsewhere(session.person_id, handle)
        session = replace(session, entry=key, left=left)
        if await self.writer.replace(ticket, stored, session) is not Written.WRITTEN:
            if key != former:
                await self.index.drop(key, handle)
            await self.sessions.lifetime.prolong(handle, stored.session)
            return
        # A visit that began before may have prolonged the record with its old entry, or ended both.
        if await self.sessions.lifetime.prolong(handle, session) is Prolonged.GONE:
            await self.index.drop(key, handle)
        for each in filter(None, {former, *left} - {key}):
            # If it stays, the next move of the idle clock ends it.
            with contextlib.suppress(StoreUnavailable):
                await self.index.drop(each, handle)

    async def _soon(self, handle: str) -> int:
        """In Unix milliseconds by Redis' clock."""
        return await self.redis.clock(session_key(handle)) + MOVING_MS


class Resealer:
    """May raise StoreUnavailable or NewerRecord; the record is then left as it is."""

    def __init__(self, redis: RedisAccess, relister: Relister) -> None:
        self._redis = redis
        self._relister = relister
        self._running = Background()

    def soon(self, ticket: Ticket) -> None:
        """Do it behind the answer; if it fails, the next request tries again."""
        self._running.spawn(self._try(ticket))

    async def finish(self) -> None:
        """Wait for what is under way."""
        await self._running.finish()

    async def _try(self, ticket: Ticket) -> None:
        with contextlib.suppress(TryLater):
            await self.reseal(ticket)

    async def reseal(self, ticket: Ticket) -> None:
        """Write the same session under the newest key and see to its entry; not while it is refreshed."""
        async with lease(self._redis, ticket.handle) as got:
            if not got:
                return
            stored = await self._relister.under_newest_key(ticket)
            await self._relister.with_entry(ticket, stored, UNKNOWN)

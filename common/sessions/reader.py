"""Reading sessions: sealed records in Redis, found by ticket. What both services may do.

What a session promises:
- Reading costs one round trip and no write; each replica moves the idle clock at most once a minute, and
  at least four times within the idle limit.
- A record opens only with its own ticket and one of SESSION_KEYS, under its own Redis key.
- The idle limit is the record's time to live, the absolute limit stands in the record. Both hold at
  the server, whatever the cookie says.
- Its entry in the person's list ends in the same millisecond, because both are given the same end.
- That end goes by Redis' clock: a replica whose clock is wrong moves no session's end for the others.
- Trouble with Redis is StoreUnavailable, never "signed out".
"""

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

import msgspec

from common.sessions.bound_cookie import BoundCookies
from common.sessions.idle_clock import IdleClock, Prolonged
from common.sessions.keys import person_cache_key, session_key
from common.sessions.lifetime import Lifetime
from common.sessions.newer_record import NewerRecord
from common.sessions.recent import Recent
from common.sessions.record import Session
from common.sessions.sealing import Ciphers, NewerFormatError, SealBrokenError, Sealer, seal_of
from common.sessions.ticket import Ticket
from common.sessions.visitor import Visitor
from common.store.access import RedisAccess, StoreUnavailable
from common.telemetry.metrics import count_session_read

log = logging.getLogger(__name__)

PURPOSE = "session"
TOUCH_SECONDS = 60
# What is kept of a person is looked at again after a while: a new name shows within five minutes.
PERSON_CACHE_SECONDS, LOOK_AGAIN_SECONDS = 240, 60


class SessionReader:
    """Loads sessions and keeps them alive; every method may raise StoreUnavailable.

    `on_outdated` is called with the ticket of a session that auth_service has to put right: sealed under
    an older key, or with its entry lost.
    """

    def __init__(
        self,
        redis: RedisAccess,
        sealer: Sealer,
        *,
        idle_seconds: int,
        bound_cookies: BoundCookies | None = None,
        on_outdated: Callable[[Ticket], None] = lambda _: None,
    ) -> None:
        self.bound_cookies = bound_cookies or BoundCookies(sealer)
        self._redis = redis
        self._on_outdated = on_outdated
        self._sealer = sealer
        self.lifetime = Lifetime(redis, idle_seconds)
        self._recent: Recent[Visitor] = Recent()
        self._idle_clock = IdleClock(
            self.lifetime.prolong, every_seconds=min(TOUCH_SECONDS, idle_seconds // 4)
        )

    async def load(self, ticket: Ticket) -> Session | None:
        """Return the session, or None if there is none for this ticket (any more)."""
        record = await self._redis.get(session_key(ticket.handle))
        session = self.opened(ticket, record)
        count_session_read(found=session is not None)
        if session and record and self._sealer.is_outdated(record):
            self._on_outdated(ticket)
        return session

    async def visit(self, cookie: str | None, bound_cookie: str | None = None) -> Visitor | None:
        """Return the session and what is kept of the person, or None if there is no session (any more).

        Raise NotProven or NotBound for a session that must not be used without another short cookie.
        Moves the idle clock if it is time. Redis is asked every time, so that a session's end is seen at
        once. But what was opened a moment ago is not opened again while Redis has the same record: that
        was half of what a page cost. It is found by the whole cookie, so with the secret: a guess finds
        nothing, however near it comes.
        """
        if cookie is None:
            return None
        opened, came_at = self._recent.get(cookie), time.time()
        if (
            opened is None
            or not opened.is_current(came_at)
            or not opened.is_from(await self._redis.get(opened.key))
        ):
            ticket = opened.ticket if opened else Ticket.parse(cookie)
            if ticket is None:
                return None
            opened = await self._opened_anew(ticket, bound_cookie, opened)
            if opened:
                self._recent.put(cookie, opened)
            else:
                self._recent.forget(cookie)
        else:
            self.bound_cookies.check(opened.ticket.handle, opened.session, bound_cookie, at=came_at)
        count_session_read(found=opened is not None)
        if opened and opened.outdated:
            self._on_outdated(opened.ticket)
        return opened

    async def keep_person(self, ticket: Ticket, person: dict[str, Any]) -> None:
        """Keep Webex's answer about the person for 4 minutes at most, sealed like the session."""
        key = person_cache_key(ticket.handle)
        sealed = self._seal(ticket, key, msgspec.json.encode(person))
        await self._redis.together(
            lambda redis: redis.set(key, sealed, ex=PERSON_CACHE_SECONDS), key=key
        )

    async def touch(self, ticket: Ticket, session: Session) -> None:
        """Move the idle clock if it is time, and never past the absolute limit."""
        if time.time() >= self._idle_clock.due(ticket.handle, session):
            await self.prolong_now(ticket, session)

    async def prolong_now(self, ticket: Ticket, session: Session) -> None:
        """Move it now; what Redis does not take is tried again behind the answer."""
        if await self._idle_clock.move(ticket.handle, session) is Prolonged.UNLISTED:
            self._on_outdated(ticket)

    def note_prolonged(self, ticket: Ticket) -> None:
        """Its record was there, and somebody else has moved its idle clock."""
        count_session_read(found=True)
        self._idle_clock.note_moved(ticket.handle)

    def sealed(self, ticket: Ticket, session: Session) -> bytes:
        return self._seal(ticket, session_key(ticket.handle), session.to_bytes())

    def opened(self, ticket: Ticket, sealed: bytes | None) -> Session | None:
        """The session in a record as Redis gave it, unless it does not open or has ended."""
        session = self._session(ticket, self._ciphers(ticket), sealed)
        return session if session and session.ends_at > time.time() else None

    async def _opened_anew(
        self, ticket: Ticket, bound_cookie: str | None, known: Visitor | None
    ) -> Visitor | None:
        """Look at everything again; what is as it was when it was opened before needs no cipher."""
        key, kept_key = session_key(ticket.handle), person_cache_key(ticket.handle)
        record, kept = await self._redis.get_both(key, kept_key)
        same = known if known and known.is_from(record) else None
        ciphers, now = self._ciphers(ticket), time.time()
        session = same.session if same else self._session(ticket, ciphers, record)
        if record is None or session is None or session.ends_at <= now:
            return None
        # Before the idle clock: who may not use a session does not keep it alive.
        self.bound_cookies.check(ticket.handle, session, bound_cookie)
        # A store that can be read but not written (a failover under way) must not cost the page.
        with contextlib.suppress(StoreUnavailable):
            await self.touch(ticket, session)
        person_seal = seal_of(kept) if kept else None
        if same and same.person_seal == person_seal:
            person, pages = same.person, same.pages
        else:
            person, pages = self._person(ciphers, kept_key, kept), {}
        # Within a minute neither the idle clock nor what is kept of the person, if something is, has to be
        # looked at.
        look_again_at = min(
            now + LOOK_AGAIN_SECONDS if person is not None else now,
            self._idle_clock.due(ticket.handle, session),
            session.ends_at,
        )
        return Visitor(
            ticket=ticket,
            key=key,
            seal=seal_of(record),
            outdated=self._sealer.is_outdated(record),
            opened_at=now,
            look_again_at=look_again_at,
            session=session,
            person=person,
            person_seal=person_seal,
            pages=pages,
        )

    def _person(self, ciphers: Ciphers, key: str, kept: bytes | None) -> dict[str, Any] | None:
        plain = self._open(ciphers, key, kept)
        return msgspec.json.decode(plain) if plain else None

    def _session(self, ticket: Ticket, ciphers: Ciphers, sealed: bytes | None) -> Session | None:
        plain = self._open(ciphers, session_key(ticket.handle), sealed)
        return Session.from_bytes(plain) if plain else None

    def _seal(self, ticket: Ticket, key: str, plain: bytes) -> bytes:
        return self._sealer.seal(plain, purpose=PURPOSE, place=key, secret=ticket.secret)

    def _ciphers(self, ticket: Ticket) -> Ciphers:
        return self._sealer.ciphers(PURPOSE, ticket.secret)

    def _open(self, ciphers: Ciphers, key: str, sealed: bytes | None) -> bytes | None:
        if sealed is None:
            return None
        try:
            return self._sealer.open_with(ciphers, sealed, place=key)
        except NewerFormatError:
            raise NewerRecord from None
        except SealBrokenError:
            # A foreign secret with a known id, or a key that was taken out of SESSION_KEYS.
            log.warning("record_does_not_open")
            return None

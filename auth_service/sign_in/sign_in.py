"""The sign-in from start to session, and the sign-out."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, Sequence

from auth_service.oauth import flow
from auth_service.oauth.id_token import ProofMissing, ProofTooOld
from auth_service.oauth.outbox import Outbox
from auth_service.oauth.webex import Granted, WebexOAuth
from auth_service.sessions.person_index import Entry, PersonIndex
from auth_service.sessions.writer import SessionWriter
from auth_service.sign_in import outcomes
from auth_service.sign_in.embedding import embedding_origin, host_of
from auth_service.sign_in.ends import End, SignInEnds
from auth_service.sign_in.pending import PendingSignIn, PendingSignIns
from auth_service.sign_in.unconfirmed import Unconfirmed
from common.background import Background
from common.failures import Failure, TryLater
from common.sessions.bound_cookie import NotBound, NotProven
from common.sessions.newer_record import NewerRecord
from common.sessions.reader import SessionReader
from common.sessions.record import Session
from common.sessions.ticket import Ticket
from common.settings.allowlist import Allowlist
from common.silent import Silent
from common.store.access import Step, StoreUnavailable
from common.telemetry.logs import FrequentLine, beginning, say
from common.webex.http import WebexError
from common.webex.scopes import split_scopes

log = logging.getLogger(__name__)

CLOSE_SECONDS = 2
# Until a sign-in that failed has left nothing: at first often, then every half a minute for an hour.
CLEAN_UP_PAUSES = (*(0.5, 1, 2, 4, 8, 16), *[30] * 120)


class Finished(Silent, frozen=True):
    """A finished sign-in: the new ticket, or None where a live session was simply found again.

    `shared` if another request of the same callback made the session.
    """

    ticket: Ticket | None
    pending: PendingSignIn
    shared: bool = False


class SignIn:
    """The use cases of this service; handlers translate between them and HTTP.

    Every method may raise StoreUnavailable or another Failure.
    """

    def __init__(  # noqa: PLR0913 - the collaborators are the point
        self,
        *,
        pending_sign_ins: PendingSignIns,
        webex: WebexOAuth,
        outbox: Outbox,
        sessions: SessionReader,
        writer: SessionWriter,
        index: PersonIndex,
        ends: SignInEnds,
        unconfirmed: Unconfirmed,
        scopes: Sequence[str],
        scopes_max: Sequence[str],
        session_max_seconds: int,
        allowlist: Allowlist,
        contact: str,
    ) -> None:
        self._pending_sign_ins = pending_sign_ins
        self._webex = webex
        self._outbox = outbox
        self._sessions = sessions
        self._writer = writer
        self._index = index
        self._ends = ends
        self._unconfirmed = unconfirmed
        self._scopes = tuple(scopes)
        self._scopes_max = frozenset(scopes_max)
        self._session_max_seconds = session_max_seconds
        self._allowlist = allowlist
        self._contact = contact
        self._behind = Background()

    async def start(
        self,
        ticket: Ticket | None,
        *,
        bound_cookie: str | None,
        next_path: str,
        more: str,
        other_account: bool = False,
    ) -> tuple[PendingSignIn, str]:
        """Start a sign-in; return what to seal and the address at Webex.

        `more` asks for scopes on top. Those that the session has already are asked for again, because
        Webex's new token replaces the old one; not those of a session that may not be used. With
        `other_account` Webex lets the person choose one.
        """
        extra = split_scopes(more)
        if not self._scopes_max.issuperset(extra):
            raise outcomes.scope_not_offered()
        granted = await self._granted(ticket, bound_cookie) if extra else ()
        scopes = tuple(dict.fromkeys((*self._scopes, *granted, *extra)))
        pending = PendingSignIn.start(next_path=next_path, scopes=scopes, now=time.time())
        url = self._webex.authorization_url(
            scopes=scopes,
            state=pending.state,
            verifier=pending.verifier,
            prompt=flow.SELECT_ACCOUNT if other_account else None,
        )
        return pending, url

    async def finish(
        self,
        parameters: Sequence[tuple[str, str]],
        cookies: Mapping[str, str],
        old: Ticket | None,
        browser: str,
    ) -> Finished:
        """Turn a callback into a session.

        The order is the protection: the browser's own sign-in is found first, then the state is used
        up, and only then does anything go to Webex (RFC 9700 section 4.7).
        """
        callback = self._parse(parameters)
        pending = None
        try:
            pending = self._find(callback, cookies)
            return await self._redeem(callback, pending, old, browser)
        except TryLater as failure:
            # The sign-in stays, so loading the page again can finish it; a link cannot carry the code.
            failure.way_on = outcomes.again(pending.next if pending else "/")
            raise

    async def close(self) -> None:
        """Give what is to be cleaned up a last chance."""
        await self._behind.stop(patience_seconds=CLOSE_SECONDS)

    async def forget_ends(self, cookies: Mapping[str, str]) -> None:
        """At sign-out: what this browser's callbacks came to is handed out no more."""
        await self._ends.forget(self._pending_sign_ins.all_of(cookies))

    async def sign_out(self, ticket: Ticket) -> None:
        """End the session here first, then at Webex: the first must not wait for the second.

        Raise SignOutUnfinished if the store did not let it end.
        """
        # Without its secret an id opens nothing, and ends nothing either.
        letter = self._outbox.letter(ticket.handle)
        try:
            async for session in self._writer.ending(ticket, letter):
                letter.add(session.tokens)
                await self._outbox.announce(letter)
        except StoreUnavailable:
            # The record may be gone all the same, and with it the only copy of the tokens.
            await self._outbox.post(letter, patience_seconds=0)
            raise outcomes.SignOutUnfinished(revoked=bool(letter.tokens)) from None
        await self._outbox.post(letter)
        if letter.tokens:
            log.info("signed_out")

    async def name_of(self, ticket: Ticket) -> str | None:
        """What the person of a session is called at Webex; None if there is no session (any more)."""
        session = await self._sessions.load(ticket)
        if session is None:
            return None
        try:
            person = await self._webex.person(session.tokens.access_token)
        except WebexError as error:
            raise outcomes.person_failed(error, "/") from error
        return str(person.get("displayName") or "somebody without a name")

    def _parse(self, parameters: Sequence[tuple[str, str]]) -> flow.Callback:
        try:
            return flow.parse_callback(parameters)
        except flow.CallbackMalformed:
            raise outcomes.malformed_callback() from None

    def _find(self, callback: flow.Callback, cookies: Mapping[str, str]) -> PendingSignIn:
        pending = self._pending_sign_ins.find(cookies, callback.state) if callback.state else None
        if pending is None:
            raise outcomes.foreign_sign_in() if cookies else outcomes.cookies_blocked()
        return pending

    async def _redeem(
        self, callback: flow.Callback, pending: PendingSignIn, old: Ticket | None, browser: str
    ) -> Finished:
        if not pending.verifier or not (
            pending.expired or await self._pending_sign_ins.use(pending)
        ):
            return await self._again(callback, pending, old)
        if pending.expired:
            raise outcomes.expired_sign_in(pending.next)
        try:
            ticket = await self._begin(callback, pending, old, browser)
        except Failure as failure:
            await self._ends.keep(pending, callback, End(failure=failure))
            raise
        return Finished(ticket, pending.finished(callback.code or ""))

    async def _begin(
        self, callback: flow.Callback, pending: PendingSignIn, old: Ticket | None, browser: str
    ) -> Ticket:
        if callback.code is None:
            raise outcomes.refused_at_webex(callback.error or "", pending.next)
        origin = embedding_origin(pending.next)
        if origin is not None:
            # A session for a frame takes no other one's place.
            old, browser = None, f"{browser}, in a page of {host_of(origin)}"
        granted = await self._exchange(callback.code, pending)
        ticket = Ticket.new()
        # Whoever has an old session has their end when that one has ended.
        kept = () if old else self._ends.keeping(pending, callback, ticket)
        try:
            session = await self._session(ticket, granted, pending)
            await self._save(ticket, session, browser, old, behind=kept)
        except Exception:
            # Nobody will ever hold this ticket: the tokens must not live on at Webex.
            letter = self._outbox.letter(ticket.handle)
            letter.add(granted.tokens)
            await self._outbox.send(letter)
            raise
        say(log, FrequentLine(*beginning(log, "signed_in")))
        if not kept:
            await self._ends.keep(pending, callback, End(ticket))
        return ticket

    async def _again(
        self, callback: flow.Callback, pending: PendingSignIn, old: Ticket | None
    ) -> Finished:
        """A callback whose sign-in was used before.

        The same one gets the end that it had, or goes on with the session that came of it. Another one, of
        somebody who went back to Webex and chose another account, is told that it counts for nothing.
        """
        end = await self._ends.of(pending, callback) if pending.verifier else None
        if end and end.failure:
            raise end.failure
        if end and end.ticket and await self._sessions.load(end.ticket):
            return Finished(end.ticket, pending.finished(callback.code or ""), shared=True)
        signed_in = old is not None and await self._sessions.load(old) is not None
        if signed_in and pending.was_finished_by(callback.code):
            return Finished(None, pending)
        raise outcomes.used_sign_in(pending.next, signed_in=signed_in)

    async def _exchange(self, code: str, pending: PendingSignIn) -> Granted:
        try:
            return await self._webex.exchange(
                code=code, verifier=pending.verifier, asked=pending.scopes
            )
        except WebexError as error:
            raise outcomes.exchange_failed(error, pending.next) from error

    async def _session(self, ticket: Ticket, granted: Granted, pending: PendingSignIn) -> Session:
        await self._check(granted, pending)
        person_id = await self._identify(granted, pending)
        now = int(time.time())
        return Session(
            person_id=person_id,
            tokens=granted.tokens,
            signed_in_at=now,
            ends_at=now + self._session_max_seconds,
            written_at=now,
            entry=self._index.place(person_id, ticket.handle),
        )

    async def _check(self, granted: Granted, pending: PendingSignIn) -> None:
        try:
            await self._webex.check(granted, verifier=pending.verifier)
        except WebexError as error:
            raise outcomes.exchange_failed(error, pending.next) from error
        except ProofMissing:
            raise outcomes.proof_missing(pending.next) from None
        except ProofTooOld:
            raise outcomes.proof_too_old(pending.next) from None

    async def _identify(self, granted: Granted, pending: PendingSignIn) -> str:
        """The id of who signed in, if they may."""
        try:
            person = await self._webex.person(granted.tokens.access_token)
        except WebexError as error:
            raise outcomes.person_failed(error, pending.next) from error
        if not self._allowlist.admits(person):
            raise outcomes.not_admitted(self._contact, pending.next)
        return str(person["id"])

    async def _save(
        self,
        ticket: Ticket,
        session: Session,
        browser: str,
        old: Ticket | None,
        *,
        behind: Sequence[Step],
    ) -> None:
        """Write entry and record, with one end, in the place of the former session; or leave nothing.

        The entry first, so that no session is in no list.
        """
        begun = await self._writer.begin(ticket)
        ends = self._unconfirmed.first_end(
            begun.redis, self._sessions.lifetime.end_of(session, begun.redis)
        )
        place = str(session.entry)
        listed = self._index.adding(place, Entry.of(session, browser), ends=ends)
        try:
            seal = await self._writer.create(
                ticket, session, begun=begun, ends=ends, before=(listed,), behind=behind
            )
            await self._replace(old, session)
        except StoreUnavailable:
            # Entry and record may be there all the same, or be on their way.
            await self._clean_up(ticket.handle, place)
            raise
        self._unconfirmed.expect(ticket, session, seal, ends=ends)

    async def _clean_up(self, handle: str, entry: str) -> None:
        """Leave nothing behind; what cannot be done now is done behind the answer."""
        try:
            await self._writer.undo(handle, entry)
        except StoreUnavailable:
            self._behind.spawn(self._clean_up_later(handle, entry))

    async def _clean_up_later(self, handle: str, entry: str) -> None:
        for seconds in CLEAN_UP_PAUSES:
            await asyncio.sleep(seconds)
            with contextlib.suppress(StoreUnavailable):
                await self._writer.undo(handle, entry)
                return
        log.warning("sign_in_left_behind")

    async def _replace(self, old: Ticket | None, new: Session) -> None:
        """End this browser's former session, and its tokens, unless the new one has the same."""
        if old is None:
            return
        letter = self._outbox.letter(old.handle)
        try:
            async for session in self._writer.ending(old, letter):
                letter.add(session.tokens, but=new.tokens)
                await self._outbox.announce(letter)
                if session.person_id == new.person_id:
                    await self._writer.note_successor(old, new.tokens)
        except NewerRecord:
            return  # it ends by its own limits
        await self._outbox.post(letter, patience_seconds=0)

    async def _granted(self, ticket: Ticket | None, bound_cookie: str | None) -> tuple[str, ...]:
        session = await self._sessions.load(ticket) if ticket else None
        if ticket is None or session is None:
            return ()
        try:
            self._sessions.bound_cookies.check(ticket.handle, session, bound_cookie)
        except (NotProven, NotBound):
            return ()
        granted = session.tokens.scopes
        return tuple(scope for scope in granted if scope in self._scopes_max)

"""Binding a session to the key of its device, and renewing its short cookie: the two verbs of the protocol.

The first key wins. A second one for the same session means that somebody else saw the answer to the sign-in:
then the session ends. A renewal that is late, lost or sent twice means nothing: it is asked for once more.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from auth_service.binding.bindings import Bindings
from auth_service.binding.challenges import OFFER_SECONDS, Challenges
from auth_service.binding.proof import DeviceKey, ProofRefused, answered, registered
from auth_service.metrics import BINDINGS
from auth_service.sessions.lease import lease
from auth_service.sessions.writer import SessionWriter, Stored, Written
from common.base64url import from_text, to_text
from common.failures import Failure, Refused, TryLater
from common.sessions.bound_cookie import BoundCookies
from common.sessions.ticket import ID_BYTES, Ticket
from common.settings.bound_sessions import BoundSessions
from common.store.access import RedisAccess

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bound:
    """What the browser is given: the session's name to it, the short cookie, and the next challenge."""

    name: str
    cookie: str
    challenge: str


@dataclass
class AskedAgain(Exception):
    """The browser has to answer this challenge of the session that goes by this name."""

    name: str
    challenge: str


class BindingOver(Exception):
    """There is nothing to renew: the session has ended, or was never bound."""


@dataclass(frozen=True, kw_only=True)
class Binder:
    """Every method may raise StoreUnavailable, NewerRecord or another Failure.

    `registration` and `renewal` are the addresses that browsers are told.
    """

    redis: RedisAccess
    writer: SessionWriter
    bindings: Bindings
    challenges: Challenges
    cookies: BoundCookies
    sign_out: Callable[[Ticket], Awaitable[None]]
    registration: str
    renewal: str

    async def register(self, token: str) -> Bound:
        """Bind the session that the proof's challenge belongs to, to the key that it registers."""
        try:
            key, challenge = registered(token, audience=self.registration)
        except ProofRefused:
            raise not_a_proof() from None
        ticket = self.challenges.registering(challenge)
        if ticket is None or self.cookies.demand is BoundSessions.OFF:
            raise offer_over()
        await self._bind(ticket, key)
        return self._bound(name_of(ticket), ticket.handle)

    async def renew(self, name: str, token: str | None, ticket: Ticket | None = None) -> Bound:
        """Give the session's browser its next short cookie; raise AskedAgain or BindingOver.

        The session is found by its name alone: cookies of ours, and so its ticket, may be absent.
        """
        handle = _handle(name)
        if self.cookies.demand is BoundSessions.OFF:
            raise BindingOver
        if token is None:
            raise self._again(name, handle)
        key = await self.bindings.of(handle)
        if key is None:
            raise BindingOver
        try:
            challenge = answered(token, key, audience=self.renewal)
        except ProofRefused:
            raise not_a_proof() from None
        if not await self.challenges.use(challenge, handle):
            raise self._again(name, handle)
        if ticket and ticket.handle == handle:
            await self._mark_again(ticket)
        return self._bound(name, handle)

    async def note_tried(self, ticket: Ticket) -> None:
        """Note for the person that the ticket came without the short cookie; once an hour."""
        stored = await self.writer.read(ticket)
        if stored and await self.bindings.note_tried(ticket.handle, ends_at=stored.session.ends_at):
            BINDINGS.labels("tried").inc()
            log.warning("ticket_without_its_device")

    async def _bind(self, ticket: Ticket, key: DeviceKey) -> None:
        """Keep the key, then say so in the record: not while the session is refreshed."""
        async with lease(self.redis, ticket.handle) as got:
            if not got:
                raise not_now()
            stored, ends = await self.writer.read(ticket), await self.writer.ends(ticket)
            if stored is None or ends < 0:
                raise offer_over()
            # Nobody has shown a session yet that ends sooner than the offer's age allows for. Whoever does so
            # now may have read it before it was bound, and moves its end alone.
            shown = await self.writer.end_if_shown(ticket, stored.session)
            if shown - ends > 1000 * OFFER_SECONDS:
                ends = shown
            if await self.bindings.keep(ticket.handle, key, ends=ends) == key:
                await self._mark(ticket, stored)
                return
        log.warning("second_key_for_a_session")
        await self.sign_out(ticket)
        raise offer_over()

    async def _mark_again(self, ticket: Ticket) -> None:
        """A release that knows of no binding drops the mark when it writes the record; it comes back here."""
        stored = await self.writer.read(ticket)
        if stored is None or stored.session.bound_at:
            return
        async with lease(self.redis, ticket.handle) as got:
            if got:
                bound = replace(stored.session, bound_at=int(time.time()))
                await self.writer.replace(ticket, stored, bound)

    async def _mark(self, ticket: Ticket, stored: Stored) -> None:
        if stored.session.bound_at:
            return  # the same registration once more: its answer was lost
        bound = replace(stored.session, bound_at=int(time.time()))
        if await self.writer.replace(ticket, stored, bound) is not Written.WRITTEN:
            await self.bindings.forget(ticket.handle)
            raise not_now()

    def _bound(self, name: str, handle: str) -> Bound:
        return Bound(name, self.cookies.value(handle), self.challenges.for_renewal(handle))

    def _again(self, name: str, handle: str) -> AskedAgain:
        return AskedAgain(name, self.challenges.for_renewal(handle))


def name_of(ticket: Ticket) -> str:
    """What the browser calls the session: the ticket's id, of which the handle is the hash.

    Who knows it can neither open nor end anything.
    """
    return to_text(ticket.id)


def _handle(name: str) -> str:
    try:
        id_ = from_text(name)
    except ValueError:
        raise not_a_proof() from None
    if len(id_) != ID_BYTES or to_text(id_) != name:
        raise not_a_proof()
    return sha256(id_).hexdigest()


def not_a_proof() -> Failure:
    return Refused(
        title="This is no proof of a device's key",
        what_happened="This address is used by browsers, with a proof that they sign. This one is none.",
        status=400,
        slug="not_a_proof",
    )


def offer_over() -> Failure:
    return Refused(
        title="This session cannot be bound any more",
        what_happened="A session is bound right after the sign-in, or not at all.",
        status=400,
        slug="binding_offer_over",
    )


def not_now() -> Failure:
    """Never 401, 404 or 429: by those a browser forgets its key for good."""
    return TryLater(
        title="The session cannot be bound right now",
        what_happened="Something else is being done with it.",
        status=503,
        slug="binding_later",
        retry_after=2,
    )

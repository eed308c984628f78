"""The refresh: one call to Webex per session across all replicas, and a session that no race loses.

Who holds the lease asks Webex; everybody else waits for the outcome and finds the new record. A
failed try leaves a mark, so that Webex is not asked again before it makes sense.
"""

import asyncio
import logging
import random
import secrets
import time
from dataclasses import dataclass, replace

from auth_service.metrics import count_refresh
from auth_service.oauth.flow import is_grant_over
from auth_service.oauth.outbox import Outbox
from auth_service.oauth.webex import WebexOAuth
from auth_service.sessions.lease import LeaseEnds, lease
from auth_service.sessions.relisting import Relister
from auth_service.sessions.writer import STORE_SECONDS, SessionWriter, Stored, Written
from common.failures import Failure, Misconfigured, TryLater, session_ended
from common.sessions.keys import former_pause_key, pause_key
from common.sessions.record import Session, Tokens
from common.sessions.ticket import Ticket
from common.store.access import RedisAccess, StoreUnavailable
from common.webex.http import WebexError, WebexRefusal, WebexUnreachable
from common.webex.unreachable import Why

log = logging.getLogger(__name__)

# How long a waiter waits for news before it looks by itself; a killed holder sends none.
LOOK_SECONDS = 1.0
SPACING_SECONDS = 5
MISCONFIGURED_SPACING_SECONDS = 30
# What is wrong with this integration, not with the grant (RFC 6749 section 5.2).
OUR_MISTAKES = (
    "invalid_client",
    "unauthorized_client",
    "invalid_request",
    "unsupported_grant_type",
)


def _is_our_mistake(error: WebexRefusal) -> bool:
    """Without Webex's JSON it may be a proxy's word, which knows of no client."""
    body = error.answer.body
    return (error.status == 401 and bool(body)) or body.get("error") in OUR_MISTAKES


def _not_now(slug: str, seconds: int, why: Why | None = None) -> Failure:
    return TryLater(
        title="Webex cannot renew your sign-in right now",
        what_happened="The access token has to be renewed, and Webex did not do it.",
        what_to_check=(
            *((why.what_to_check,) if why else ()),
            "Nothing is lost: try again in a moment.",
            "If it stays like this, sign out and in again.",
        ),
        status=503,
        slug=slug,
        why=why.word if why else None,
        retry_after=seconds,
    )


@dataclass(frozen=True)
class _Running:
    """A refresh under way, for a record newer than revision `seen`."""

    seen: int
    task: "asyncio.Task[Session]"


class Refresher:
    """Refreshes sessions by their ticket."""

    def __init__(  # noqa: PLR0913 - the collaborators are the point
        self,
        *,
        redis: RedisAccess,
        writer: SessionWriter,
        relister: Relister,
        webex: WebexOAuth,
        outbox: Outbox,
        lease_ends: LeaseEnds,
    ) -> None:
        self._redis = redis
        self._writer = writer
        self._relister = relister
        self._webex = webex
        self._outbox = outbox
        self._lease_ends = lease_ends
        # By the whole ticket: a known id with another secret must not share what it cannot open.
        self._running: dict[Ticket, _Running] = {}

    async def refresh(self, ticket: Ticket, *, seen: int) -> Session:
        """Return a session whose record is newer than revision `seen`.

        Raise SignInAgain if the session has ended (or ends now), TryLater if Webex or Redis cannot
        do it right now, Misconfigured if Webex does not accept the client. The last two keep it.
        """
        while True:
            running = self._run(ticket, seen)
            # Shielded: a caller that goes away must not stop what Webex has already begun.
            session = await asyncio.shield(running.task)
            # The refresh that was under way may be the very one this caller has seen. But a new one is the
            # answer also if the record is older than what was seen: Redis had to be restored from a copy.
            if session.revision > seen or running.seen >= seen:
                return session

    async def finish(self) -> None:
        """Wait for refreshes under way: tokens that Webex has issued must reach Redis."""
        if self._running:
            await asyncio.wait([running.task for running in self._running.values()])

    def _run(self, ticket: Ticket, seen: int) -> "_Running":
        running = self._running.get(ticket)
        # Over, but not forgotten yet: to wait for it would not even let it be forgotten.
        if running is None or running.task.done():
            running = _Running(seen, asyncio.create_task(self._refresh(ticket, seen)))
            self._running[ticket] = running
            running.task.add_done_callback(lambda done: self._forget(ticket, done))
        return running

    async def _refresh(self, ticket: Ticket, seen: int) -> Session:
        while True:
            session = await self._newer(ticket, seen)
            if session:
                return session
            async with lease(self._redis, ticket.handle) as got:
                if got:
                    return await self._as_holder(ticket, seen)
            await self._lease_ends.wait(ticket.handle, timeout_seconds=LOOK_SECONDS)

    async def _newer(self, ticket: Ticket, seen: int) -> Session | None:
        stored = await self._writer.read(ticket)
        if stored is None:
            raise session_ended()
        if stored.session.revision > seen:
            return stored.session
        await self._respect_spacing(ticket)
        return None

    async def _as_holder(self, ticket: Ticket, seen: int) -> Session:
        # Between the look and the lease somebody else may have been faster.
        stored = await self._relister.under_newest_key(ticket)
        if stored is None:
            raise session_ended()
        if stored.session.revision > seen:
            return stored.session
        return await self._marked(ticket, replace(stored, mark=secrets.token_hex(16).encode()))

    async def _marked(self, ticket: Ticket, stored: Stored) -> Session:
        """Ask Webex, unless somebody else does: whoever has lost their lease may hold a newer token."""
        found = await self._writer.ask(ticket, stored)
        if found is Written.ASKING:
            raise _not_now("refresh_under_way", SPACING_SECONDS)
        if found is not Written.MARKED:
            return await self._newest(ticket)
        try:
            return await self._ask_webex(ticket, stored)
        finally:
            await self._writer.asked(ticket, stored)

    async def _newest(self, ticket: Ticket) -> Session:
        """What somebody else has written meanwhile."""
        newer = await self._writer.read(ticket)
        if newer is None:
            raise session_ended()
        return newer.session

    async def _ask_webex(self, ticket: Ticket, stored: Stored) -> Session:
        old = stored.session.tokens
        if not old.refresh_token or (old.refresh_ends_at or time.time() + 1) <= time.time():
            return await self._end(ticket, stored)
        try:
            new = await self._webex.refresh(refresh_token=old.refresh_token, asked=old.scopes)
        except WebexError as error:
            return await self._failed(ticket, stored, error)
        return await self._store(ticket, stored, _merged(old, new))

    async def _failed(self, ticket: Ticket, stored: Stored, error: WebexError) -> Session:
        """Sort the failure: the grant is over, our client is wrong, or it is Webex's bad moment."""
        if isinstance(error, WebexRefusal):
            if is_grant_over(error.status, error.answer.body):
                return await self._end(ticket, stored)
            if _is_our_mistake(error):
                await self._space(ticket, MISCONFIGURED_SPACING_SECONDS)
                log.error("refresh_misconfigured", extra={"tracking_id": error.tracking_id})
                raise _misconfigured(error)
        seconds = error.retry_after if isinstance(error, WebexRefusal) else SPACING_SECONDS
        why = error.why if isinstance(error, WebexUnreachable) else None
        await self._space(ticket, seconds, why)
        log.warning("refresh_failed", extra={"tracking_id": error.tracking_id})
        raise _not_now("refresh_failed", seconds, why) from error

    async def _store(self, ticket: Ticket, stored: Stored, tokens: Tokens) -> Session:
        session = replace(
            stored.session,
            tokens=tokens,
            revision=stored.session.revision + 1,
            written_at=int(time.time()),
        )
        written = await self._write_patiently(ticket, stored, session)
        if written is Written.WRITTEN:
            log.info("refreshed")
            return session
        if written is Written.GONE:
            # The sign-out came first and wins; what Webex issued since must not stay behind.
            letter = self._outbox.letter(ticket.handle)
            letter.add(tokens)
            await self._writer.without_successors(ticket, letter)
            await self._outbox.send(letter)
            raise session_ended()
        return await self._newest(ticket)

    async def _write_patiently(self, ticket: Ticket, stored: Stored, session: Session) -> Written:
        give_up_at = time.monotonic() + STORE_SECONDS
        while True:
            try:
                return await self._writer.replace(ticket, stored, session)
            except StoreUnavailable:
                if time.monotonic() > give_up_at:
                    raise
                await asyncio.sleep(random.uniform(0.2, 0.6))  # noqa: S311 - jitter, not a secret

    async def _end(self, ticket: Ticket, stored: Stored) -> Session:
        """End the session, unless somebody else has written a newer record meanwhile."""
        if await self._writer.end_unchanged(ticket, stored, self._outbox.letter(ticket.handle)):
            log.info("session_ended_by_webex")
            raise session_ended()
        return await self._newest(ticket)

    async def _respect_spacing(self, ticket: Ticket) -> None:
        keys = (pause_key(ticket.handle), former_pause_key(ticket.handle))
        left = max([await self._redis.run(self._redis.client.pttl(key), key=key) for key in keys])
        if left > 0:
            said = await self._redis.get(keys[0]) or b""
            why = Why.of(said.decode(errors="replace"))
            raise _not_now("refresh_spaced", 1 + left // 1000, why)

    async def _space(self, ticket: Ticket, seconds: int, why: Why | None = None) -> None:
        """Ask Webex no more for so long; who comes meanwhile is told why it could not be reached."""
        key, said = pause_key(ticket.handle), why.word if why else ""
        await self._redis.run(self._redis.client.set(key, said, ex=seconds), key=key)

    def _forget(self, ticket: Ticket, done: "asyncio.Task[Session]") -> None:
        running = self._running.get(ticket)
        if running and running.task is done:
            del self._running[ticket]
        if not done.cancelled():
            count_refresh(done.exception())  # everybody who waited may have gone away


def _merged(old: Tokens, new: Tokens) -> Tokens:
    """Keep the refresh token that Webex did not send again."""
    if new.refresh_token:
        return new
    ends_at = new.refresh_ends_at or old.refresh_ends_at
    return replace(new, refresh_token=old.refresh_token, refresh_ends_at=ends_at)


def _misconfigured(error: WebexError) -> Failure:
    return Misconfigured(
        title="Webex does not accept this integration",
        what_happened="Webex refused the client id or secret when the access token was renewed.",
        what_to_check=("Are CLIENT_ID and CLIENT_SECRET right? The session is kept.",),
        status=503,
        slug="refresh_misconfigured",
        tracking_id=error.tracking_id,
        retry_after=MISCONFIGURED_SPACING_SECONDS,
    )

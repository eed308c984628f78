"""Calls to Webex with the session's access token, renewed when it has to be.

Close to its end the token is renewed behind the answer; past it, or after a 401, before the call. A
call is repeated once at most: Webex may hand out the same token again for a day.
"""

import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web

from app_service.visitor.auth_client import RefreshClient
from common.background import Background
from common.failures import Failure, not_signed_in
from common.sessions.reader import SessionReader
from common.sessions.record import Session
from common.sessions.ticket import Ticket
from common.sessions.visitor import Visitor
from common.webex.http import WebexRefusal

log = logging.getLogger(__name__)

T = TypeVar("T")

EARLY_SECONDS = 600
EARLY_SHARE = 0.1
# A token that Webex does not replace yet is not asked for again with every page.
SETTLE_SECONDS = 60


class WithToken:
    """Runs verbs of app_service.webex for a signed-in person."""

    def __init__(self, sessions: SessionReader, refresh: RefreshClient) -> None:
        self._sessions = sessions
        self._refresh = refresh
        self._early = Background()

    async def call(self, visitor: Visitor, verb: Callable[[str], Awaitable[T]]) -> T:
        """Run `verb(access_token)`; raise what it raises, or a Failure if the session cannot go on."""
        session = visitor.session
        if has_ended(session):
            session = await self.renewed(visitor.ticket, session)
        elif ends_soon(session):
            self._renew_early(visitor.ticket, session)
        try:
            return await verb(session.tokens.access_token)
        except WebexRefusal as error:
            if error.status != web.HTTPUnauthorized.status_code:
                raise
        session = await self.renewed(visitor.ticket, session)
        return await verb(session.tokens.access_token)

    async def finish(self) -> None:
        """Wait for early renewals under way."""
        await self._early.finish()

    async def renewed(self, ticket: Ticket, session: Session) -> Session:
        """The session with a newer access token; raise a Failure if there is none to be had."""
        await self._refresh.refresh(ticket, seen=session.revision)
        renewed = await self._sessions.load(ticket)
        if renewed is None:
            raise not_signed_in()
        return renewed

    def _renew_early(self, ticket: Ticket, session: Session) -> None:
        self._early.once(ticket.handle, lambda: self._try_to_renew(ticket, session.revision))

    async def _try_to_renew(self, ticket: Ticket, revision: int) -> None:
        try:
            await self._refresh.refresh(ticket, seen=revision)
        except Failure as failure:
            # The token at hand still works; the next page tries again.
            log.info("early_refresh_failed", extra={"slug": failure.slug})


def has_ended(session: Session) -> bool:
    ends_at = session.tokens.access_ends_at
    return ends_at is not None and ends_at <= time.time()


def ends_soon(session: Session) -> bool:
    """Whether the token is in the last tenth of its life, 10 minutes at most.

    With jitter, so that sessions that began together are not renewed together.
    """
    ends_at = session.tokens.access_ends_at
    settling = time.time() - session.written_at < SETTLE_SECONDS
    if ends_at is None or settling or not renewable(session):
        return False
    early = min(EARLY_SECONDS, EARLY_SHARE * (ends_at - session.written_at))
    return ends_at - time.time() < early * random.uniform(0.5, 1)  # noqa: S311 - not a secret


def renewable(session: Session) -> bool:
    """Without a refresh token the session goes on as long as its access token does, and no longer."""
    ends_at = session.tokens.refresh_ends_at
    return bool(session.tokens.refresh_token) and (ends_at is None or ends_at > time.time())


WITH_TOKEN = web.AppKey("WITH_TOKEN", WithToken)

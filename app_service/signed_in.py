"""The guard: who is it that asks? One read, no write, and nothing at all for an anonymous request."""

import contextlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from common.cookies import COOKIES
from common.failures import Failure, SignInAgain
from common.redis_access import StoreUnavailable
from common.session import Session
from common.session_store import SessionStore
from common.ticket import Ticket

SESSIONS = web.AppKey("SESSIONS", SessionStore)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A signed-in request: its ticket, its session and, if still kept, what Webex said of the person."""

    ticket: Ticket = field(repr=False)
    session: Session = field(repr=False)
    person: dict[str, Any] | None = field(repr=False)
    pages: dict[str, bytes] = field(repr=False)
    """Parts of pages that follow from the session and the person alone, as long as both stay the same."""


async def signed_in_or_none(request: web.Request) -> SignedIn | None:
    """Who is signed in; raise StoreUnavailable if Redis cannot tell."""
    ticket = request.app[COOKIES].ticket(request)
    if ticket is None:
        return None
    store = request.app[SESSIONS]
    opened = await store.visit(ticket)
    if opened is None:
        return None
    if store.wants_touch(ticket, opened.session):
        # A store that can be read but not written (a failover under way) must not cost the page.
        with contextlib.suppress(StoreUnavailable):
            await store.touch(ticket, opened.session)
    return SignedIn(ticket, opened.session, opened.person, opened.pages)


async def signed_in(request: web.Request) -> SignedIn:
    """Who is signed in; else a program is told so, and a person is sent to sign in and back."""
    visitor = await signed_in_or_none(request)
    if visitor is not None:
        return visitor
    if request.path.startswith("/api/"):
        raise not_signed_in()
    raise web.HTTPSeeOther(f"/login?{urlencode({'next': request.raw_path})}")


def not_signed_in() -> Failure:
    return SignInAgain(
        title="Not signed in",
        what_happened="There is no session for this request, or it has ended.",
        status=401,
        slug="not_signed_in",
        way_on=("Start OAuth flow", "/login"),
    )

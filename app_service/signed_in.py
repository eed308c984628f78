"""The guard: who is it that asks? One read, no write, and nothing at all for an anonymous request."""

import contextlib
from urllib.parse import urlencode

from aiohttp import web

from common.cookies import COOKIES
from common.failures import Failure, SignInAgain
from common.opened import Opened
from common.redis_access import StoreUnavailable
from common.session_store import SessionStore

SESSIONS = web.AppKey("SESSIONS", SessionStore)


# What a handler knows of whoever asks: the ticket, the session and, if still kept, what Webex said of them.
SignedIn = Opened


async def signed_in_or_none(request: web.Request) -> SignedIn | None:
    """Who is signed in; raise StoreUnavailable if Redis cannot tell."""
    cookie = request.app[COOKIES].session_value(request)
    if cookie is None:
        return None
    store = request.app[SESSIONS]
    visitor = await store.visit(cookie)
    if visitor and store.wants_touch(visitor.ticket, visitor.session):
        # A store that can be read but not written (a failover under way) must not cost the page.
        with contextlib.suppress(StoreUnavailable):
            await store.touch(visitor.ticket, visitor.session)
    return visitor


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

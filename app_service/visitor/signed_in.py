"""The guard: who is it that asks? One read, and nothing at all for an anonymous request."""

from collections.abc import Awaitable
from urllib.parse import urlencode

from aiohttp import web

from common.failures import Failure, SignInAgain
from common.sessions.cookies import COOKIES
from common.sessions.reader import SessionReader
from common.sessions.visitor import Visitor

SESSIONS = web.AppKey("SESSIONS", SessionReader)


def signed_in_or_none(request: web.Request) -> Awaitable[Visitor | None]:
    """Who is signed in; awaiting it raises StoreUnavailable if Redis cannot tell."""
    return request.app[SESSIONS].visit(request.app[COOKIES].session_value(request))


async def signed_in(request: web.Request) -> Visitor:
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

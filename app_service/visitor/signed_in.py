"""The guard: who is it that asks, and may they? One read, and nothing at all for an anonymous request."""

from urllib.parse import urlencode

from aiohttp import web

from app_service.visitor.auth_client import BehindClient
from app_service.visitor.judge import JUDGE
from common.failures import not_signed_in
from common.sessions.bound_cookie import NotProven
from common.sessions.cookies import COOKIES, cookies_of
from common.sessions.reader import SessionReader
from common.sessions.visitor import Visitor
from common.web.asker import is_program
from common.web.unproven import excuse, load_again

BEHIND = web.AppKey("BEHIND", BehindClient)
SESSIONS = web.AppKey("SESSIONS", SessionReader)


async def signed_in_or_none(request: web.Request) -> Visitor | None:
    """Who is signed in; raise StoreUnavailable if Redis cannot tell, not_admitted if they may not be here."""
    # Once: aiohttp looks for it each time.
    app = request.app
    cookies = app[COOKIES]
    try:
        visitor = await app[SESSIONS].visit(*cookies.of_session(request))
    except NotProven:
        load_again(request)
        app[BEHIND].note_tried(cookies.ticket(request))
        excuse(request)
        return None
    if visitor is None:
        return None
    judge = app[JUDGE]
    # Asked here, too: most sites have no lists, and every page would make a coroutine for nothing.
    return visitor if judge.admits_everybody else await judge.judged(visitor)


async def signed_in(request: web.Request, *, back: str | None = None) -> Visitor:
    """Who is signed in; else a program is told so, and a person is sent to sign in and back.

    `back` is the page they come back to, where the address that they asked for is none.
    """
    visitor = await signed_in_or_none(request)
    if visitor is not None:
        return visitor
    take_up_sign_out(request)
    if is_program(request):
        raise not_signed_in()
    raise web.HTTPSeeOther(f"/login?{urlencode({'next': back or request.raw_path})}")


def proof_ends(request: web.Request, visitor: Visitor) -> int:
    """When, in Unix seconds, the short cookie ends that came along; zero if none of the session did."""
    _, bound_cookie = request.app[COOKIES].of_session(request)
    return request.app[SESSIONS].bound_cookies.end(visitor.ticket.handle, bound_cookie)


def take_up_sign_out(request: web.Request) -> None:
    """Have the auth service finish a sign-out that this browser could not, behind the answer."""
    wish = cookies_of(request).get(request.app[COOKIES].sign_out)
    if wish:
        request.app[BEHIND].finish_sign_out(wish)

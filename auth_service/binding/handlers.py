"""HTTP in, HTTP out for the browser's own requests about a session's key; no page leads here.

Names of headers and the form of the instructions: W3C Device Bound Session Credentials.
"""

from urllib.parse import urlsplit

from aiohttp import web

from auth_service.binding.binder import AskedAgain, Binder, BindingOver, Bound, not_a_proof
from auth_service.metrics import BINDINGS
from auth_service.settings_key import SETTINGS
from common.sessions.bound_cookie import COOKIE_SECONDS
from common.sessions.cookies import COOKIES
from common.sessions.ticket import Ticket
from common.settings.bound_sessions import BoundSessions

REGISTRATION, RENEWAL = "/binding", "/binding/renewal"
OFFER = "Secure-Session-Registration"
CHALLENGE = "Secure-Session-Challenge"
PROOF = "Secure-Session-Response"
NAME = "Sec-Secure-Session-Id"
# What no session is needed for does not wait for a renewal.
NOT_HELD = ("/static/", "/oauth", "/logout", "/landing")
BINDER = web.AppKey("BINDER", Binder)


def offer(request: web.Request, response: web.StreamResponse, ticket: Ticket) -> None:
    """Ask the browser, in the answer that gives it its session, for a key; it may pass that over."""
    if request.app[SETTINGS].bound_sessions is not BoundSessions.OFF:
        challenge = request.app[BINDER].challenges.for_registration(ticket)
        response.headers[OFFER] = f'(ES256 RS256);path="{REGISTRATION}";challenge="{challenge}"'


async def register(request: web.Request) -> web.Response:
    """POST /binding: the browser has made a key for the session that it was just given."""
    bound = await request.app[BINDER].register(_unquoted(request, PROOF) or "")
    BINDINGS.labels("registered").inc()
    host = urlsplit(request.app[SETTINGS].public_url).hostname
    excluded = [{"type": "exclude", "domain": host, "path": path} for path in NOT_HELD]
    cookies = request.app[COOKIES]
    instructions = {
        "session_identifier": bound.name,
        "refresh_url": RENEWAL,
        "scope": {"include_site": False, "scope_specification": excluded},
        "credentials": [
            {"type": "cookie", "name": cookies.bound, "attributes": cookies.attributes}
        ],
    }
    return _with_cookie(request, web.json_response(instructions), bound)


async def renew(request: web.Request) -> web.Response:
    """POST /binding/renewal: the short cookie is at its end.

    The browser forgets its key by any answer of 4xx but 403, by a redirect, and by "continue": false.
    """
    name = _unquoted(request, NAME)
    if name is None:
        raise not_a_proof()
    try:
        bound = await request.app[BINDER].renew(
            name, _unquoted(request, PROOF), request.app[COOKIES].ticket(request)
        )
    except AskedAgain as asked:
        BINDINGS.labels("asked_again").inc()
        challenge = f'"{asked.challenge}";id="{asked.name}"'
        return web.Response(status=403, headers={CHALLENGE: challenge})
    except BindingOver:
        BINDINGS.labels("over").inc()
        response = web.json_response({"session_identifier": name, "continue": False})
        request.app[COOKIES].forget(response, request.app[COOKIES].bound)
        return response
    BINDINGS.labels("renewed").inc()
    return _with_cookie(request, web.Response(), bound)


def _with_cookie(request: web.Request, response: web.Response, bound: Bound) -> web.Response:
    cookies = request.app[COOKIES]
    cookies.set(response, cookies.bound, bound.cookie, COOKIE_SECONDS)
    # So the next proof needs no round trip before it.
    response.headers[CHALLENGE] = f'"{bound.challenge}";id="{bound.name}"'
    return response


def _unquoted(request: web.Request, name: str) -> str | None:
    """A header that the draft has in quotation marks, and Chromium sends without."""
    value = request.headers.get(name)
    return value[1:-1] if value and value[0] == value[-1] == '"' else value

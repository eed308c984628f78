"""HTTP in, HTTP out: each handler parses, calls one verb, and answers."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.hdrs import METH_HEAD

from auth_service.binding.handlers import BINDER, offer
from auth_service.metrics import SIGN_INS_STARTED, SignInCounted
from auth_service.oauth.flow import SELECT_ACCOUNT
from auth_service.sessions.refresh import Refresher
from auth_service.sessions.relisting import Resealer
from auth_service.sessions.words import browser_name
from auth_service.settings_key import SETTINGS
from auth_service.sign_in import outcomes
from auth_service.sign_in.embedding import EMBEDDINGS, GRANT_SECONDS, Grant, embedding_origin
from auth_service.sign_in.landing import LANDING
from auth_service.sign_in.outcomes import SignOutUnfinished
from auth_service.sign_in.pending import PendingSignIn, PendingSignIns
from auth_service.sign_in.return_path import HOME, landing_path, return_path
from auth_service.sign_in.sign_in import Finished, SignIn
from auth_service.sign_in.unfinished import UNFINISHED
from common.failures import cross_site
from common.sessions.cookies import COOKIES, SIGN_IN_COOKIE_SECONDS, cookies_of
from common.sessions.ticket import Ticket
from common.telemetry.metrics import count
from common.web.failure_pages import answer_for
from common.web.from_our_pages import is_cross_site
from common.web.redirect import Redirect

# What a browser may still have of the person (W3C Clear Site Data). Not "cookies": that would take those of
# sibling hosts along. Over http browsers pass it over.
CLEARED = '"cache", "storage", "prefetchCache", "prerenderCache"'
SIGN_IN = web.AppKey("SIGN_IN", SignIn)
RESEALER = web.AppKey("RESEALER", Resealer)
REFRESHER = web.AppKey("REFRESHER", Refresher)
PENDING_SIGN_INS = web.AppKey("PENDING_SIGN_INS", PendingSignIns)


async def login(request: web.Request) -> web.Response:
    """GET /login?next=PATH&scope=MORE&prompt=select_account: off to Webex.

    HEAD says where that is, and starts nothing: without the cookie nobody comes back from there.
    """
    if is_prefetch(request):
        raise outcomes.only_a_guess()
    app, found = request.app, cookies_of(request)
    cookies = app[COOKIES]
    only_looks = request.method == METH_HEAD
    done = not only_looks and await _take_up_sign_out(app, found)
    session, bound_cookie = cookies.of_session(request, found)
    pending, url = await app[SIGN_IN].start(
        Ticket.parse(session),
        bound_cookie=bound_cookie,
        next_path=return_path(single(request, "next")),
        more=single(request, "scope") or "",
        other_account=single(request, "prompt") == SELECT_ACCOUNT,
    )
    response = Redirect(HTTPStatus.FOUND, url)
    if only_looks:
        return response
    count(SIGN_INS_STARTED)
    remember(app, found, response, pending)
    if done:
        cookies.forget(response, cookies.sign_out)
    return response


async def callback(request: web.Request) -> web.Response:
    """GET /oauth: back from Webex, with a code or an error."""
    if is_prefetch(request):
        raise outcomes.only_a_guess()
    app, found = request.app, cookies_of(request)
    cookies = app[COOKIES]
    with SignInCounted():
        finished = await app[SIGN_IN].finish(
            list(request.query.items()),
            found,
            Ticket.parse(cookies.of_session(request, found)[0]),
            browser_name(request.headers.get("User-Agent", "")),
        )
    if finished.ticket is None:
        return see_other(app, finished.pending.next)
    origin = embedding_origin(finished.pending.next)
    if origin is not None:
        return _granted(request, finished, finished.ticket, origin)
    response = see_other(app, landing_path(finished.pending.next))
    max_age = app[SETTINGS].session_max_seconds
    cookies.set_session(found, response, finished.ticket.cookie, max_age)
    if not finished.shared:
        offer(request, response, finished.ticket)
    # After the session's cookie: see auth_service.sign_in.landing.
    for name, value in (
        app[LANDING].named(finished.ticket),
        app[PENDING_SIGN_INS].seal(finished.pending),
    ):
        cookies.set(response, name, value, SIGN_IN_COOKIE_SECONDS)
    return response


async def landing(request: web.Request) -> web.Response:
    """GET /landing?next=PATH: settle which session this browser holds, and go on."""
    app, found = request.app, cookies_of(request)
    cookies = app[COOKIES]
    session, bound_cookie = cookies.of_session(request, found)
    over, left = await app[LANDING].settle(Ticket.parse(session), bound_cookie, found)
    response = see_other(app, return_path(single(request, "next")))
    for name in over:
        cookies.forget(response, name)
    # A sign-out that could not be finished comes first: its person asked for it.
    if left and cookies.sign_out not in found:
        keep_wish(request, response, left)
    return response


def _granted(request: web.Request, finished: Finished, ticket: Ticket, origin: str) -> web.Response:
    """Let this browser hold the right to give the session to a frame, and not the session."""
    cookies, embeddings = request.app[COOKIES], request.app[EMBEDDINGS]
    response = see_other(request.app, finished.pending.next)
    value = embeddings.seal(Grant(ticket, origin), cookies.grant)
    cookies.set(response, cookies.grant, value, GRANT_SECONDS)
    name, value = request.app[PENDING_SIGN_INS].seal(finished.pending)
    cookies.set(response, name, value, SIGN_IN_COOKIE_SECONDS)
    # On the way through this address, too, the window has to keep who opened it.
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


async def logout(request: web.Request) -> web.Response:
    """POST /logout: the session gone here, the tokens at Webex, then home."""
    if is_cross_site(request, request.app[SETTINGS].public_url):
        raise cross_site()
    cookies = request.app[COOKIES]
    ticket = cookies.ticket(request)
    response = see_other(request.app, landing_path(HOME))
    if ticket:
        try:
            await request.app[SIGN_IN].sign_out(ticket)
        except SignOutUnfinished as failure:
            response = answer_for(request, failure)
            keep_wish(request, response, ticket)
        # Who is signed in nowhere has no end of a sign-in either, and costs Redis nothing.
        await request.app[SIGN_IN].forget_ends(cookies_of(request))
    elif await _take_up_sign_out(request.app, cookies_of(request)):
        cookies.forget(response, cookies.sign_out)
    cookies.forget_session(cookies_of(request), response)
    # Not what names a session that this browser was given: the landing sees which of them it still holds.
    for name in request.app[PENDING_SIGN_INS].all_names(cookies_of(request)):
        cookies.forget(response, name)
    if cookies.https:
        response.headers["Clear-Site-Data"] = CLEARED
    return response


async def refresh(request: web.Request) -> web.Response:
    """POST /internal/refresh {"ticket", "seen"}: a record newer than revision `seen`.

    Only inside the back network; the ticket in the body is what authorises it.
    """
    ticket, body = await _internal(request)
    try:
        seen = int(body["seen"])
    except (ValueError, KeyError, TypeError, OverflowError):
        raise outcomes.malformed_internal() from None
    session = await request.app[REFRESHER].refresh(ticket, seen=seen)
    return web.json_response({"revision": session.revision})


async def reseal(request: web.Request) -> web.Response:
    """POST /internal/reseal {"ticket"}: the record under the newest key. Authorised as above."""
    ticket, _ = await _internal(request)
    await request.app[RESEALER].reseal(ticket)
    return web.Response(status=204)


async def tried(request: web.Request) -> web.Response:
    """POST /internal/tried {"ticket"}: it came without its device's short cookie. Authorised as above."""
    ticket, _ = await _internal(request)
    await request.app[BINDER].note_tried(ticket)
    return web.Response(status=204)


async def end_session(request: web.Request) -> web.Response:
    """POST /internal/end {"ticket"}: the session of somebody who may not be here. Authorised as above."""
    ticket, _ = await _internal(request)
    await request.app[SIGN_IN].sign_out(ticket)
    return web.Response(status=204)


async def finish_sign_out(request: web.Request) -> web.Response:
    """POST /internal/sign-out {"wish"}: finish a sign-out, named by the cookie that a browser brought."""
    try:
        wish = str((await request.json())["wish"])
    except (ValueError, KeyError, TypeError):
        raise outcomes.malformed_internal() from None
    unfinished, cookies = request.app[UNFINISHED], request.app[COOKIES]
    ticket = unfinished.open(wish, cookies.sign_out)
    if ticket:
        await unfinished.finish_now(ticket)
    return web.Response(status=204)


async def _take_up_sign_out(app: web.Application, found: Mapping[str, str]) -> bool:
    """Take up what this browser could not finish; whether it is done, so that the cookie can go."""
    name = app[COOKIES].sign_out
    value = found.get(name)
    if value is None:
        return False
    ticket = app[UNFINISHED].open(value, name)
    return ticket is None or await app[UNFINISHED].finish_now(ticket)


def keep_wish(request: web.Request, response: web.Response, ticket: Ticket) -> None:
    unfinished, cookies = request.app[UNFINISHED], request.app[COOKIES]
    unfinished.keep(ticket)
    value = unfinished.seal(ticket, cookies.sign_out)
    cookies.set(response, cookies.sign_out, value, unfinished.cookie_seconds)


async def _internal(request: web.Request) -> tuple[Ticket, dict[str, Any]]:
    try:
        body = await request.json()
        ticket = Ticket.parse(str(body["ticket"]))
    except (ValueError, KeyError, TypeError):
        raise outcomes.malformed_internal() from None
    if ticket is None:
        raise outcomes.malformed_internal()
    return ticket, body


def is_prefetch(request: web.BaseRequest) -> bool:
    """Whether a browser fetches in advance, also to render (Fetch, Sec-Purpose)."""
    return request.headers.get("Sec-Purpose", "").partition(";")[0].strip() == "prefetch"


def remember(
    app: web.Application, found: Mapping[str, str], response: web.Response, pending: PendingSignIn
) -> None:
    """Set a pending sign-in's cookie beside those that were `found`, as far as they all fit."""
    cookies, pending_sign_ins = app[COOKIES], app[PENDING_SIGN_INS]
    name, value = pending_sign_ins.seal(pending)
    for old in pending_sign_ins.to_forget(found, room_for=len(name) + len(value) + 3):
        cookies.forget(response, old)
    cookies.set(response, name, value, SIGN_IN_COOKIE_SECONDS)


def see_other(app: web.Application, path: str) -> web.Response:
    """303 with an absolute address: the host is ours, whatever a browser makes of the path."""
    return Redirect(HTTPStatus.SEE_OTHER, f"{app[SETTINGS].public_url}{path}")


def single(request: web.Request, name: str) -> str | None:
    """A query parameter that is there exactly once."""
    values = request.query.getall(name, [])
    return values[0] if len(values) == 1 else None

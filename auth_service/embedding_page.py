"""The window in which somebody signs in for a frame in another site's page, and what that frame asks for.

    frame: window.open /embed/sign-in?origin=…  ->  Webex  ->  /oauth  ->  /embed/confirm, a press
    window: the code to its opener, at our own origin  ->  frame: POST /embed/session

Nothing here is shown in a frame.
"""

from aiohttp import web
from aiohttp.hdrs import METH_HEAD

from auth_service.handlers import (
    SIGN_IN,
    is_prefetch,
    keep_wish,
    remember,
    see_other,
    single,
)
from auth_service.metrics import SIGN_INS_STARTED
from auth_service.settings_key import SETTINGS
from auth_service.sign_in import outcomes
from auth_service.sign_in.embedding import EMBEDDINGS, Grant, confirm_path, host_of
from auth_service.sign_in.outcomes import SignOutUnfinished
from common.failures import cross_site, embedding_off
from common.sessions.cookies import COOKIES, cookies_of
from common.telemetry.metrics import count
from common.web.failure_pages import answer_for
from common.web.from_our_pages import is_cross_site
from common.web.templating import render_page


async def sign_in(request: web.Request) -> web.Response:
    """GET /embed/sign-in?origin=ORIGIN&scope=MORE: off to Webex, or on to the press if that has been done."""
    origin = _origin(request)
    if is_prefetch(request):
        raise outcomes.only_a_guess()
    grant = await _grant(request)
    if grant and grant.origin == origin:
        return see_other(request.app, confirm_path(origin))
    pending, url = await request.app[SIGN_IN].start(
        None,
        bound_cookie=None,
        next_path=confirm_path(origin),
        more=single(request, "scope") or "",
    )
    response = web.Response(status=302, headers={"Location": url})
    if request.method == METH_HEAD:  # as at /login
        return response
    count(SIGN_INS_STARTED)
    remember(request.app, cookies_of(request), response, pending)
    return response


async def confirm(request: web.Request) -> web.Response:
    """GET /embed/confirm: whose page wants to show what, as whom; nothing happens before a press."""
    origin, grant = _origin(request), await _grant(request)
    name = await request.app[SIGN_IN].name_of(grant.ticket) if grant else None
    if grant is None or grant.origin != origin or name is None:
        raise outcomes.nothing_to_embed(origin)
    return render_page(request, "embed_confirm.html", {"host": host_of(origin), "name": name})


async def allow(request: web.Request) -> web.Response:
    """POST /embed/confirm: the page that gives its opener a code."""
    if is_cross_site(request, request.app[SETTINGS].public_url):
        raise cross_site()
    grant = await _grant(request)
    if grant is None:
        raise outcomes.nothing_to_embed()
    code = await request.app[EMBEDDINGS].code(grant)
    return render_page(request, "embed_allowed.html", {"host": host_of(grant.origin), "code": code})


async def take(request: web.Request) -> web.Response:
    """POST /embed/session {"code"}: the frame's own cookie."""
    _from_the_frame(request)
    try:
        code = str((await request.json())["code"])
    except (ValueError, KeyError, TypeError):
        raise outcomes.code_not_valid() from None
    grant = await request.app[EMBEDDINGS].redeem(code)
    if grant is None:
        raise outcomes.code_not_valid()
    response = web.Response(status=204)
    max_age = request.app[SETTINGS].session_max_seconds
    request.app[COOKIES].set_embedded(response, grant.ticket.cookie, max_age)
    return response


async def sign_out(request: web.Request) -> web.Response:
    """POST /embed/logout: the frame's session gone here, its tokens at Webex."""
    _from_the_frame(request)
    cookies = request.app[COOKIES]
    ticket = cookies.ticket(request)
    response = web.Response(status=204)
    if ticket:
        try:
            await request.app[SIGN_IN].sign_out(ticket)
        except SignOutUnfinished as failure:
            response = answer_for(request, failure)
            keep_wish(request, response, ticket)
    cookies.forget_embedded(response)
    return response


def _origin(request: web.Request) -> str:
    """Whose page it is for, if that page may show ours."""
    origins = request.app[SETTINGS].embed_origins
    if not origins:
        raise embedding_off()
    origin = single(request, "origin")
    if origin not in origins:
        raise outcomes.not_embedded_there()
    return origin


async def _grant(request: web.Request) -> Grant | None:
    """What this browser may give away; None once a frame has taken it."""
    embeddings, cookies = request.app[EMBEDDINGS], request.app[COOKIES]
    grant = embeddings.open(cookies_of(request).get(cookies.grant), cookies.grant)
    return grant if grant and not await embeddings.was_taken(grant.ticket) else None


def _from_the_frame(request: web.Request) -> None:
    """Refuse what is not our own script: the page around the frame can send the frame's cookie, too."""
    if not request.app[SETTINGS].embed_origins:
        raise embedding_off()
    if is_cross_site(request, request.app[SETTINGS].public_url) or not request.headers.get(
        "X-Requested-With"
    ):
        raise cross_site()

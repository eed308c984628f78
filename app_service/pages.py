"""HTTP in, HTTP out for the pages about spaces."""

from collections.abc import Sequence

from aiohttp import web

from app_service.handlers import SETTINGS
from app_service.spaces import SPACES
from app_service.visitor import permission
from app_service.visitor.signed_in import signed_in
from common.sessions.visitor import Visitor
from common.web.templating import render_page
from common.webex.scopes import explained


async def spaces(request: web.Request) -> web.Response:
    """GET /spaces?page=CURSOR: the person's latest active spaces."""
    visitor = await signed_in(request)
    why = "This page lists the spaces you are in."
    ask = permission_page(request, visitor, permission.FOR_SPACES, title="Your spaces", why=why)
    if ask is not None:
        return ask
    cursor = request.query.get("page")
    rooms, next_page = await request.app[SPACES].page(visitor, cursor)
    context = {
        "rooms": rooms,
        "next_page": next_page,
        "first": cursor is None,
        "widget_space": request.app[SETTINGS].space_id,
    }
    return render_page(request, "spaces.html", context)


def permission_page(
    request: web.Request, visitor: Visitor, wanted: Sequence[str], *, title: str, why: str
) -> web.Response | None:
    """The page that asks for what is missing, or None if nothing is."""
    offered = request.app[SETTINGS].scopes_max
    scopes = permission.missing(visitor, wanted, offered)
    if not scopes:
        return None
    context = {
        "title": title,
        "why": why,
        "asked": explained(scopes),
        "href": permission.consent_address(request, scopes),
    }
    return render_page(request, "permission.html", context)

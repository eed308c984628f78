"""What every request about a space must bring, besides a session; and where its failures lead back to."""

from functools import wraps

from aiohttp import web
from aiohttp.typedefs import Handler

from app_service.settings_key import SETTINGS
from app_service.space import failures as space_failures
from app_service.space.place import WIDGET, place_of
from app_service.space.spaces import SPACES, OpenSpace
from app_service.visitor.permission import FOR_WIDGET, missing, not_granted
from app_service.visitor.signed_in import signed_in
from common.failures import Failure
from common.sessions.visitor import Visitor
from common.web.from_our_pages import is_cross_site

MAX_ID = 512


def asked_for(request: web.Request) -> OpenSpace:
    """The space that the address names, else that of SPACE_ID; raise a Failure if there can be none."""
    room_id = request.match_info.get("space")
    if room_id is None:
        return request.app[SPACES].own()
    if not is_id(room_id):
        raise space_failures.no_such_space()
    return request.app[SPACES].find(room_id)


def space_of(request: web.Request, visitor: Visitor) -> OpenSpace:
    """The same, for a visitor who has granted what it needs; raise a Failure otherwise."""
    here = asked_for(request)
    scopes = missing(visitor, FOR_WIDGET, request.app[SETTINGS].scopes_max)
    if scopes:
        raise not_granted(scopes)
    return here


def of_any_space(
    handler: Handler,
) -> Handler:
    """The handler for addresses that name the space: a failure's way on leads to that space's page."""

    @wraps(handler)
    async def at_its_place(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Failure as failure:
            label, path = failure.way_on
            page, question, query = path.partition("?")
            if page == WIDGET.page:
                place = place_of(request.match_info["space"])
                failure.way_on = (label, f"{place.page}{question}{query}")
            raise

    # In the description of the API no two operations have the same name.
    at_its_place.__name__ = f"{handler.__name__}_of_any_space"
    return at_its_place


async def ours_only(request: web.Request) -> Visitor:
    """Who asks for a change; raise a Failure unless our own script does.

    A form of another site cannot set a header of its own (OWASP, CSRF prevention); the session
    cookie's SameSite and the browser's own words about the origin are the other two locks.
    """
    if is_cross_site(request, request.app[SETTINGS].public_url):
        raise space_failures.forged()
    if not request.headers.get("X-Requested-With"):
        raise space_failures.forged()
    return await signed_in(request)


def is_writer(visitor: Visitor, writer: object) -> bool:
    """Whether the person who opened the page, if it says who, is the one who is signed in now."""
    return writer in (None, visitor.session.person_id)


def is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID

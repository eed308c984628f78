"""What every request about the space must bring, besides a session."""

from aiohttp import web

from app_service.settings_key import SETTINGS
from app_service.space import failures as space_failures
from app_service.space.space import SPACE, Space
from app_service.visitor.permission import FOR_WIDGET, missing, not_granted
from app_service.visitor.signed_in import signed_in
from common.sessions.visitor import Visitor
from common.web.from_our_pages import is_cross_site

MAX_ID = 512


def space_of(request: web.Request, visitor: Visitor) -> Space:
    """The space, for a visitor who has granted what it needs; raise a Failure otherwise."""
    if SPACE not in request.app:
        raise space_failures.no_space()
    scopes = missing(visitor, FOR_WIDGET, request.app[SETTINGS].scopes_max)
    if scopes:
        raise not_granted(scopes)
    return request.app[SPACE]


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

"""HTTP in, HTTP out: each handler parses, calls one verb, and answers."""

from aiohttp import web

from app_service.people import PEOPLE
from app_service.person import Person
from app_service.settings import Settings
from app_service.signed_in import SignedIn, signed_in, signed_in_or_none
from common.scopes import explained, not_covered
from common.security_headers import image_sources
from common.templating import render_page

SETTINGS = web.AppKey("SETTINGS", Settings)
LINKS = (
    ("Your spaces", "/spaces"),
    ("The space, live", "/widget"),
    ("Where I am signed in", "/sessions"),
    ("What Webex says about you, as JSON", "/api/me"),
)


async def home(request: web.Request) -> web.Response:
    """GET /: what this is, or the greeting."""
    visitor = await signed_in_or_none(request)
    if visitor is None:
        return render_page(request, "home.html", {"start_href": "/login"})
    return await _greeting(request, visitor)


async def index(_: web.Request) -> web.Response:
    """GET /index.html: the ancestor's address of the home page."""
    raise web.HTTPMovedPermanently("/")


async def api_me(request: web.Request) -> web.Response:
    """GET /api/me: the person as Webex describes them."""
    visitor = await signed_in(request)
    return web.json_response(await request.app[PEOPLE].me(visitor))


async def _greeting(request: web.Request, visitor: SignedIn) -> web.Response:
    settings = request.app[SETTINGS]
    body = await request.app[PEOPLE].me(visitor)
    granted = visitor.session.tokens.scopes
    context = {
        "person": Person.from_webex(body, avatar_sources=image_sources(settings.webex)),
        "grants": explained(granted),
        "more_scopes": [
            (scope, meaning, f"/login?scope={scope}")
            for scope, meaning in explained(not_covered(settings.scopes_max, granted))
        ],
        "links": LINKS,
    }
    return render_page(request, "greeting.html", context)

"""HTTP in, HTTP out: each handler parses, calls one verb, and answers."""

from functools import lru_cache
from typing import Any

import jinja2
from aiohttp import web
from aiohttp_jinja2 import get_env

from app_service.greeting import greeting_page
from app_service.openapi import operation
from app_service.people import PEOPLE
from app_service.settings_key import SETTINGS
from app_service.visitor.signed_in import signed_in, signed_in_or_none, take_up_sign_out
from common.sessions.visitor import Visitor
from common.web.templating import html_page

# For so long nginx keeps the page that all strangers see, if it is asked for without a cookie.
SAME_FOR_STRANGERS_SECONDS = 10


async def home(request: web.Request) -> web.Response:
    """GET /: what this is, or the greeting."""
    visitor = await signed_in_or_none(request)
    if visitor is None:
        take_up_sign_out(request)
        return _to_stranger(request.app)
    kept = visitor.pages.get("greeting")
    return html_page(kept) if kept is not None else await _greeting(request, visitor)


async def index(_: web.Request) -> web.Response:
    """GET /index.html: the ancestor's address of the home page."""
    raise web.HTTPMovedPermanently("/")


@operation(gives=dict[str, Any], fails=(403, 502, 504))
async def api_me(request: web.Request) -> web.Response:
    """GET /api/me: the person as Webex describes them."""
    visitor = await signed_in(request)
    return web.json_response(await request.app[PEOPLE].me(visitor))


async def _greeting(request: web.Request, visitor: Visitor) -> web.Response:
    page = greeting_page(request.app, visitor, await request.app[PEOPLE].me(visitor))
    if visitor.person is not None:
        visitor.pages["greeting"] = page
    return html_page(page)


def _to_stranger(app: web.Application) -> web.Response:
    answer = html_page(_welcome(get_env(app)))
    # Where mistakes are shown somebody works on the page, and wants to see what they have just saved.
    if not app[SETTINGS].mistakes_on_page:
        answer.headers["X-Accel-Expires"] = str(SAME_FOR_STRANGERS_SECONDS)
    return answer


@lru_cache
def _welcome(templates: jinja2.Environment) -> bytes:
    """What everybody sees who is not signed in; rendered once."""
    return templates.get_template("home.html").render().encode()

"""HTTP in, HTTP out: each handler parses, calls one verb, and answers."""

from functools import lru_cache
from typing import Any

import jinja2
from aiohttp import web
from aiohttp_jinja2 import get_env
from markupsafe import Markup

from app_service.people import PEOPLE
from app_service.person import Person
from app_service.settings import Settings
from app_service.signed_in import SignedIn, signed_in, signed_in_or_none
from common.scopes import explained, not_covered
from common.security_headers import image_sources
from common.templating import html_page

SETTINGS = web.AppKey("SETTINGS", Settings)
SETS_OF_SCOPES_REMEMBERED = 256


async def home(request: web.Request) -> web.Response:
    """GET /: what this is, or the greeting."""
    visitor = await signed_in_or_none(request)
    if visitor is None:
        return html_page(_welcome(get_env(request.app)))
    return await _greeting(request, visitor)


async def index(_: web.Request) -> web.Response:
    """GET /index.html: the ancestor's address of the home page."""
    raise web.HTTPMovedPermanently("/")


async def api_me(request: web.Request) -> web.Response:
    """GET /api/me: the person as Webex describes them."""
    visitor = await signed_in(request)
    return web.json_response(await request.app[PEOPLE].me(visitor))


async def _greeting(request: web.Request, visitor: SignedIn) -> web.Response:
    kept = visitor.pages.get("greeting")
    if kept is not None:
        return html_page(kept)
    text = _greeting_text(request.app, visitor, await request.app[PEOPLE].me(visitor))
    if visitor.person is not None:
        visitor.pages["greeting"] = text
    return html_page(text)


def _greeting_text(app: web.Application, visitor: SignedIn, body: dict[str, Any]) -> str:
    settings, templates = app[SETTINGS], get_env(app)
    context = {
        "person": Person.from_webex(body, avatar_sources=image_sources(settings.webex)),
        "permissions": _permissions(templates, settings.scopes_max, visitor.session.tokens.scopes),
        "official_widget": settings.official_widget,
    }
    return templates.get_template("greeting.html").render(context)


# What everybody sees, or everybody with the same scopes, is rendered once: it was half of a page's rendering.


@lru_cache
def _welcome(templates: jinja2.Environment) -> str:
    return templates.get_template("home.html").render()


@lru_cache(SETS_OF_SCOPES_REMEMBERED)
def _permissions(
    templates: jinja2.Environment, offered: tuple[str, ...], granted: tuple[str, ...]
) -> Markup:
    part = templates.get_template("permissions.html").render(
        grants=explained(granted), more_scopes=explained(not_covered(offered, granted))
    )
    return Markup(part)  # noqa: S704 - the template has escaped what is in it

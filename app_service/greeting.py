"""The page that greets somebody by name, as HTML."""

from functools import lru_cache
from typing import Any

import jinja2
from aiohttp import web
from aiohttp_jinja2 import get_env
from markupsafe import Markup

from app_service.people import Person
from app_service.settings_key import SETTINGS
from common.sessions.record import MOST_SCOPE_SETS
from common.sessions.visitor import Visitor
from common.web.security_headers import image_sources
from common.webex.scopes import explained, not_covered


def greeting_page(app: web.Application, visitor: Visitor, body: dict[str, Any]) -> bytes:
    """The page of a visitor of whom Webex has said `body` (GET /people/me)."""
    settings, templates = app[SETTINGS], get_env(app)
    context = {
        "person": Person.from_webex(body, avatar_sources=image_sources(settings.webex)),
        "permissions": _permissions(
            templates, visitor.session.tokens.scopes, tuple(settings.scopes_max)
        ),
        "official_widget": settings.official_widget,
    }
    return templates.get_template("greeting.html").render(context).encode()


@lru_cache(MOST_SCOPE_SETS)
def _permissions(
    templates: jinja2.Environment, granted: tuple[str, ...], offered: tuple[str, ...]
) -> Markup:
    """What is allowed already, and what else can be; nearly everybody has granted the same."""
    context = {
        "grants": explained(granted),
        "more_scopes": explained(not_covered(offered, granted)),
    }
    return Markup(templates.get_template("permissions.html").render(context))  # noqa: S704 - escaped there

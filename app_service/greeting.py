"""The greeting as HTML: who it is, and around them what is the same for all who have granted the same."""

from functools import lru_cache
from typing import Any

import jinja2
from aiohttp import web
from aiohttp_jinja2 import get_env

from app_service.people import Person
from app_service.settings_key import SETTINGS
from common.sessions.record import MOST_SCOPE_SETS
from common.sessions.visitor import Visitor
from common.web.security_headers import image_sources
from common.webex.scopes import explained, not_covered

# No template has this character.
PERSON_HERE = "\0"


def greeting(app: web.Application, visitor: Visitor, body: dict[str, Any]) -> bytes:
    """The page of a visitor of whom Webex has said `body`; only the person in it is rendered for each."""
    settings, templates = app[SETTINGS], get_env(app)
    granted, offered = visitor.session.tokens.scopes, settings.scopes_max
    before, after = _around(templates, granted, offered, official_widget=settings.official_widget)
    person = Person.from_webex(body, avatar_sources=image_sources(settings.webex))
    return before + templates.get_template("person.html").render(person=person).encode() + after


@lru_cache(MOST_SCOPE_SETS)
def _around(
    templates: jinja2.Environment,
    granted: tuple[str, ...],
    offered: tuple[str, ...],
    *,
    official_widget: bool,
) -> tuple[bytes, bytes]:
    context = {
        "person": PERSON_HERE,
        "grants": explained(granted),
        "more_scopes": explained(not_covered(offered, granted)),
        "official_widget": official_widget,
    }
    page = templates.get_template("greeting.html").render(context)
    before, _, after = page.partition(PERSON_HERE)
    return before.encode(), after.encode()

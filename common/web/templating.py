"""How a template becomes an answer."""

from collections.abc import Mapping
from typing import Any

import aiohttp_jinja2
from aiohttp import web

from common.web.page import Page


def render_page(
    request: web.Request, template: str, context: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    """Answer with a template."""
    text = aiohttp_jinja2.get_env(request.app).get_template(template).render(context)
    return html_page(text.encode(), status=status)


def html_page(page: bytes, *, status: int = 200) -> web.Response:
    """Answer with HTML in UTF-8.

    aiohttp_jinja2.render_template sets type, charset and text of the answer one after the other, which
    takes as long as rendering a small page.
    """
    return Page(page, status=status)

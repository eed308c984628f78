"""How a template becomes an answer."""

from collections.abc import Mapping
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from multidict import CIMultiDict

# A page with a form must not forbid every Referer: its form would come from the origin null, as anybody's
# can (common.web.from_our_pages). To other sites this tells nothing either.
HTML = CIMultiDict(
    {"Content-Type": "text/html; charset=utf-8", "Referrer-Policy": "same-origin"},
)


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
    return web.Response(body=page, status=status, headers=HTML)

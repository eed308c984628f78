"""Pages: HTML with a Content-Security-Policy that leaves no room for scripts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp_jinja2
import jinja2
from aiohttp import web

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


def set_up(app: web.Application) -> None:
    aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=jinja2.select_autoescape(default=True),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    request: web.Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    form_goes_to: str = "",
) -> web.Response:
    """Render a page.

    `form_goes_to` is the address that the page's form may end at: browsers apply form-action to
    the redirect after a form too.
    """
    response = aiohttp_jinja2.render_template(template, request, context, status=status)
    response.headers["Content-Security-Policy"] = _policy(form_goes_to)
    return response


def failure_page(
    request: web.Request, status: int, what_happened: str, *, title: str = "Not found"
) -> web.Response:
    context = {"title": title, "what_happened": what_happened}
    return page(request, "failure.html", context, status=status)


def _policy(form_goes_to: str) -> str:
    parts = urlsplit(form_goes_to)
    origin = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return (
        f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{origin};"
        " frame-ancestors 'none'; base-uri 'none'"
    )

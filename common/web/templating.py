"""How templates are found and become pages; pages inherit their frame from common/templates."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from multidict import CIMultiDict

from common.web.site_look import SiteLook

# A page with a form must not forbid every Referer: its form would come from the origin null, as anybody's
# can (common.web.from_our_pages). To other sites this tells nothing either.
HTML = CIMultiDict(
    {"Content-Type": "text/html; charset=utf-8", "Referrer-Policy": "same-origin"},
)
ROOT = Path(__file__).resolve().parents[2]


def template_options(packages: Sequence[str] = ()) -> dict[str, Any]:
    """Options for a jinja2.Environment: autoescape always, and a missing variable is an error."""
    # Not PackageLoader: it wants the folder to exist, and a service may have no page of its own.
    folders = [ROOT / package / "templates" for package in (*packages, "common")]
    return {
        "loader": jinja2.FileSystemLoader(folders),
        "autoescape": True,
        "undefined": jinja2.StrictUndefined,
        "auto_reload": False,
    }


def template_environment(*, static: Callable[[str], str], sandbox: bool) -> jinja2.Environment:
    environment = jinja2.Environment(**template_options())  # noqa: S701 - autoescape is in the options
    know(environment, static=static, sandbox=sandbox)
    return environment


def know(
    environment: jinja2.Environment,
    *,
    static: Callable[[str], str],
    sandbox: bool,
    site: SiteLook | None = None,
) -> None:
    """Tell the templates what is the same for every page.

    `static` is a filter, because Jinja applies a filter to a constant once, when it compiles the page.
    """
    environment.filters["static"] = static
    # Jinja copies all globals for each page, and no page calls the functions that it puts there.
    environment.globals.clear()
    environment.globals["sandbox"] = sandbox
    environment.globals["site"] = site or SiteLook()


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

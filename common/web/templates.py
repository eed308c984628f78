"""How templates are found, and what all of them know; pages inherit their frame from common/templates.

Without aiohttp: what nginx shows by itself is rendered where nobody is served (common.web.assets).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jinja2

from common.web.site_look import SiteLook

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

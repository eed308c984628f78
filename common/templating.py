"""How templates are found and set up; pages inherit their frame from common/templates."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jinja2

ROOT = Path(__file__).resolve().parent.parent


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
    environment.globals.update(static=static, sandbox=sandbox)
    return environment

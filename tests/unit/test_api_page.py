"""docs/api.md names every address for programs with what its handler says of it."""

import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from app_service import openapi
from app_service.routes import setup_routes
from app_service.space_routes import setup_space_routes
from common.web.bodies import STREAMED

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([A-Z]+ /api/\S+)` \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)


@pytest.fixture
def described() -> dict[str, Any]:
    app = web.Application()
    app[STREAMED] = set()
    setup_routes(app)
    setup_space_routes(app)
    return openapi.document(app, title="x", cookie="session")


def name_of(content: dict[str, Any] | None) -> str:
    """How the page calls what goes in or comes out."""
    if not content:
        return "nothing"
    [(kind, told)] = content.items()
    if kind != "application/json":
        return f"`{kind}`"
    reference = told["schema"].get("$ref", "")
    return f"`{reference.rpartition('/')[2]}`" if reference else "an object"


def test_the_page_is_what_the_handlers_declare(described: dict[str, Any]) -> None:
    rows = {
        (
            f"{method.upper()} {path}",
            operation["summary"],
            name_of(operation.get("requestBody", {}).get("content")),
            name_of(operation["responses"].get("200", {}).get("content")),
        )
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    }
    assert set(ROW.findall(PAGE)) == rows


def test_every_handler_for_programs_declares_what_it_does() -> None:
    async def silent(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/api/silent", silent)
    with pytest.raises(KeyError):
        openapi.document(app, title="x", cookie="session")

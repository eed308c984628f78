"""GET /api/openapi.json: what the API takes and gives, as its handlers declare it."""

from functools import lru_cache
from typing import Any

from aiohttp import web

from app_service.openapi import document, operation
from common.sessions.cookies import COOKIES

TITLE = "Webex OAuth pair"


@operation(gives=dict[str, Any], for_strangers=True)
async def api_description(request: web.Request) -> web.Response:
    """GET /api/openapi.json: this description of the API (OpenAPI 3.1)."""
    return web.json_response(_description(request.app))


@lru_cache
def _description(app: web.Application) -> dict[str, Any]:
    return document(app, title=TITLE, cookie=app[COOKIES].session)

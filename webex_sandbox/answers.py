"""Answers with Webex's content types."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

CONTENT_TYPE = "application/json;charset=UTF-8"


def json_answer(
    data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    body = json.dumps(data, ensure_ascii=False).encode()
    return web.Response(
        status=status, body=body, headers={"Content-Type": CONTENT_TYPE, **(headers or {})}
    )


def redirect(location: str, *, status: int = 302) -> web.Response:
    """Redirect to an address taken to the letter (web.HTTPFound would normalise it)."""
    return web.Response(status=status, headers={"Location": location})


def see_other(location: str) -> web.Response:
    return redirect(location, status=303)

"""Pages of a list: `max`, and a Link header to the next one (RFC 8288)."""

import base64
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from webex_sandbox.addresses import api_origin
from webex_sandbox.answers import json_answer
from webex_sandbox.errors import WebexError

_MOST = 1_000


def most(request: web.Request, default: int, limit: int = _MOST) -> int:
    """Read `max`.

    Raises:
        WebexError: 400 unless it is a number from 1 up.

    """
    value = request.query.get("max", str(default))
    if not (value.isascii() and value.isdigit() and int(value)):
        raise WebexError(400, "max must be a number from 1 up.")
    return min(int(value), limit)


def page_of(request: web.Request, entries: Sequence[Any], size: int) -> web.Response:
    """Answer with one page; where the next one begins travels in an opaque cursor."""
    start = _start(request)
    has_more = len(entries) > start + size
    headers = next_link(request, cursor=_cursor(start + size)) if has_more else None
    return json_answer({"items": list(entries[start : start + size])}, headers=headers)


def next_link(request: web.Request, **changed: str) -> dict[str, str]:
    query = urlencode({**request.query, **changed})
    return {"Link": f'<{api_origin(request)}{request.path}?{query}>; rel="next"'}


def _cursor(start: int) -> str:
    return base64.urlsafe_b64encode(f"start:{start}".encode()).decode().rstrip("=")


def _start(request: web.Request) -> int:
    cursor = request.query.get("cursor")
    if cursor is None:
        return 0
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        start = base64.urlsafe_b64decode(padded).decode().removeprefix("start:")
        return max(0, int(start))
    except ValueError:
        raise WebexError(400, "The cursor is invalid.") from None

"""A request as a handler gets it, without a socket."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.hdrs import SET_COOKIE
from aiohttp.http import HttpVersion11, RawRequestMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL


def asked(  # noqa: PLR0913 - what a request has
    app: web.Application,
    method: str,
    path: str,
    *,
    cookies: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    json: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Request:
    """A request of our own pages."""
    sent = CIMultiDict(
        {"Host": "localhost:8080", "Sec-Fetch-Site": "same-origin", "User-Agent": "Firefox/1"}
    )
    sent.update(headers or {})
    if cookies:
        sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    body = json.encode() if json is not None else urlencode(form or {}).encode()
    sent["Content-Type"] = (
        "application/json" if json is not None else "application/x-www-form-urlencoded"
    )
    sent["Content-Length"] = str(len(body))
    message = RawRequestMessage(
        method,
        path,
        HttpVersion11,
        CIMultiDictProxy(sent),
        (),
        should_close=False,
        compression=None,
        upgrade=False,
        chunked=False,
        url=URL(path),
    )
    protocol = SimpleNamespace(transport=object(), ssl_context=None, peername=None, sockname=None)
    loop = asyncio.get_running_loop()
    request = web.Request(
        message,
        cast("Any", None),
        cast("Any", protocol),
        cast("Any", None),
        cast("Any", None),
        loop,
    )
    request._read_bytes = body  # noqa: SLF001 - as if it had been read from a socket
    match = web.UrlMappingMatchInfo({}, cast("Any", None))
    match.add_app(app)
    request._match_info = match  # noqa: SLF001 - what routing would have found
    return request


def store(jar: dict[str, str], response: web.StreamResponse) -> None:
    """Take an answer's cookies over, as a browser does."""
    for line in response.headers.getall(SET_COOKIE, []):
        pair, *attributes = line.split("; ")
        name, _, value = pair.partition("=")
        if "Max-Age=0" in attributes:
            jar.pop(name, None)
        else:
            jar[name] = value

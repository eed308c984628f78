"""Short requests over a connection that is open already: most of what is asked of Webex.

For each request aiohttp makes an address, two sets of headers, a request, a writer and a response, and for a
form a task besides: a quarter of what a sign-in cost. Here the request is one write. Connections, TLS, what
keeps them and reads answers are aiohttp's as ever; and whatever is more than a short request with our own
headers goes aiohttp's whole way. Source: RFC 9112 sections 3 and 6.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.hdrs import ACCEPT_ENCODING
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from common.webex.connector import Connector

T = TypeVar("T")

# A connection that ended before an answer's head was here.
BROKEN = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)
# With every request to Webex.
OWN_HEADERS = {"Accept": "application/json", "User-Agent": "webex-oauth-pair"}
METHODS = ("GET", "POST")
HEADERS = frozenset(("Authorization", "Content-Type"))
# Bytes. What is longer has to wait until the other end takes it, as aiohttp does.
LONGEST_BODY = 16_384
# It would end a header (RFC 9112 section 5.5); aiohttp says what is wrong with it.
BREAKS_A_HEADER = re.compile(r"[\r\n\0]")
NO_HEADERS: Mapping[str, str] = {}

# Makes something of an answer's status, headers and body.
Read = Callable[[int, Mapping[str, str], aiohttp.StreamReader], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class _Target:
    connection: ConnectionKey
    head: str
    """The request line, and the headers that each request for this has."""


async def ask_kept(
    session: aiohttp.ClientSession, read: Read[T], method: str, url: str, **arguments: Any
) -> T | None:
    """What `read` makes of the answer, or None if this request goes aiohttp's way; raise as aiohttp does.

    Nothing was sent then, or it is a GET, which aiohttp sends again, too, if a kept connection was closed.
    `arguments` are those of aiohttp's request.
    """
    connector = session.connector
    if not (isinstance(connector, Connector) and connector.hands_out_kept):
        return None
    request = _request(method, url, **arguments)
    connection = await connector.kept(request[0]) if request else None
    if request is None or connection is None:
        return None
    try:
        answer = await read(*await _answered(connection.protocol, request[1]))
    except BaseException as error:
        connection.close()
        if method == "GET" and isinstance(error, BROKEN):
            return None
        raise
    # It is kept only if all of the answer has come, and the other end keeps it, too.
    connection.release()
    return answer


async def _answered(
    protocol: Any, request: bytes
) -> tuple[int, Mapping[str, str], aiohttp.StreamReader]:
    protocol.set_response_params(read_until_eof=True)
    protocol.transport.write(request)
    broken: tuple[type[Exception], ...] = (HttpProcessingError,)
    while True:
        try:
            message, content = await protocol.read()
        except broken:
            raise aiohttp.ClientPayloadError from None
        # Others are interim, and the answer is still to come (RFC 9110 section 15.2).
        if not 100 <= message.code < 200 or message.code == 101:
            return message.code, message.headers, content
        # From here on it has been read.
        broken = (HttpProcessingError, *BROKEN)


def has_begun(error: Exception) -> bool:
    """Whether a connection ended in the middle of an answer's head."""
    return isinstance(error, aiohttp.ServerDisconnectedError) and isinstance(
        error.message, RawResponseMessage
    )


def _request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] = NO_HEADERS,
    data: object = b"",
    **others: Any,
) -> tuple[ConnectionKey, bytes] | None:
    """Which connection it needs, and all of it; None if it is more than a short request."""
    if (
        others
        or method not in METHODS
        or not (isinstance(data, bytes) and len(data) <= LONGEST_BODY)
        or not HEADERS.issuperset(headers)
    ):
        return None
    target = _target(method, url)
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if target is None or _breaks(headers):
        return None
    length = f"Content-Length: {len(data)}\r\n" if data or method == "POST" else ""
    return target.connection, f"{target.head}{lines}{length}\r\n".encode() + data


def _breaks(headers: Mapping[str, str]) -> bool:
    return any(BREAKS_A_HEADER.search(value) for value in headers.values())


@lru_cache(maxsize=64)
def _target(method: str, url: str) -> _Target | None:
    """None for an address that says more than where."""
    address = URL(url)
    if address.scheme not in ("http", "https") or not address.raw_host or address.user is not None:
        return None
    key = ConnectionKey(
        host=address.raw_host,
        port=address.port,
        is_ssl=address.scheme == "https",
        ssl=True,
        proxy=None,
        proxy_auth=None,
        proxy_headers_hash=None,
    )
    headers = {
        "Host": address.host_port_subcomponent,
        **OWN_HEADERS,
        ACCEPT_ENCODING: aiohttp.ClientRequest.DEFAULT_HEADERS[ACCEPT_ENCODING],
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return _Target(key, f"{method} {address.raw_path_qs} HTTP/1.1\r\n{lines}")

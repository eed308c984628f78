"""A request that two programs could read in two ways is refused, or reaches a service as one reading.

Sources: RFC 9112 sections 2.2, 5.1, 5.2, 6.1 and 11.2; gunicorn CVE-2024-1135.
"""

import pytest

from harness.stack import Stack
from tests.system.played_service import PlayedService
from tests.system.raw_http import exchange, statuses

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


def request(*fields: bytes, body: bytes = b"", line: bytes = b"POST /api/x HTTP/1.1") -> bytes:
    return b"\r\n".join([line, b"Host: localhost", *fields, b"", body])


AMBIGUOUS = {
    "length and chunked": request(
        b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "chunked and length": request(
        b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "two lengths": request(b"Content-Length: 0", b"Content-Length: 35", body=SMUGGLED),
    "a list of lengths": request(b"Content-Length: 0, 35", body=SMUGGLED),
    "a signed length": request(b"Content-Length: +35", body=SMUGGLED),
    "a hexadecimal length": request(b"Content-Length: 0x23", body=SMUGGLED),
    "chunked twice": request(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "an unknown coding": request(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + SMUGGLED),
    "a hidden coding": request(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n" + SMUGGLED),
    "a folded line": request(b"X: a", b" Content-Length: 35", body=SMUGGLED),
    "a folded first line": request(b" folded: a"),
    "a space before the colon": request(b"Content-Length : 35", body=SMUGGLED),
    "a control character in a name": request(b"Content\x01Length: 35", body=SMUGGLED),
    "a null in a value": request(b"X: a\0b"),
    "a null in the path": request(line=b"GET /\0 HTTP/1.1"),
    "a space in the path": request(line=b"GET /a b HTTP/1.1"),
    "a bad chunk size": request(
        b"Transfer-Encoding: chunked", body=b"0x23\r\n" + SMUGGLED + b"\r\n0\r\n\r\n"
    ),
    "chunked in HTTP/1.0": request(
        b"Transfer-Encoding: chunked", body=b"0\r\n\r\n", line=b"POST /api/x HTTP/1.0"
    ),
}
BARE_LINE_FEEDS = {
    "header lines": b"GET /api/x HTTP/1.1\nHost: localhost\nConnection: close\n\n",
    "a header inside a value": request(b"X: a\nTransfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "a carriage return inside a value": request(b"X: a\rTransfer-Encoding: chunked"),
}


@pytest.mark.parametrize("bytes_", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
async def test_an_ambiguous_request_is_refused_and_nothing_behind_it_is_served(
    door: Stack, app: PlayedService, bytes_: bytes
) -> None:
    answer = await exchange(door.ports.door, bytes_)
    assert statuses(answer) in ([400], [501], [500], []), answer
    assert app.received == []


@pytest.mark.parametrize("bytes_", BARE_LINE_FEEDS.values(), ids=BARE_LINE_FEEDS.keys())
async def test_a_bare_line_feed_is_refused_or_reaches_a_service_as_a_proper_line(
    door: Stack, app: PlayedService, bytes_: bytes
) -> None:
    """RFC 9112 section 2.2 lets a server take it for a line's end; nginx writes each line anew."""
    answer = await exchange(door.ports.door, bytes_, seconds=1)
    assert len(statuses(answer)) <= 1
    assert [each.line for each in app.received if "smuggled" in each.line] == []
    assert all("\n" not in value for each in app.received for _, value in each.headers)
    assert all("transfer-encoding" not in each.names for each in app.received)

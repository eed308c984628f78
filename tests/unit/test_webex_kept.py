"""Short requests over a kept connection: the other end sees no difference, and nobody another's answer."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection

from common.webex.connector import Connector
from common.webex.http import WebexHttp, WebexMalformed, WebexUnreachable, open_webex_http
from common.webex.kept import LONGEST_BODY
from tests.certificate import HOST, certificate

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
TOO_LONG = 1_000_001


@dataclass
class Webex:
    """Answers each request with its number, as a test has it; keeps what it was asked."""

    url: str = ""
    connections: int = 0
    asked: list[bytes] = field(default_factory=list)
    before: bytes = b""
    only: bytes = b""
    closes: bool = False
    swallows: bool = False
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    read: asyncio.Event = field(default_factory=asyncio.Event)
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    length: int = 0
    behind: bytes = b""
    pieces: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while not reader.at_eof():
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = int((*head.lower().split(b"content-length: ")[1:], b"0")[0].split(b"\r\n")[0])
            self.asked.append(head + await reader.readexactly(length))
            self.came.set()
            if self.swallows:
                self.swallows = False
                break
            if self.only:
                writer.write(self.only)
                break
            body = b'{"number": %d}' % len(self.asked) + b" " * self.length
            await self.goes_on.wait()
            if self.pieces:
                await self._send_pieces(writer)
                continue
            writer.write(
                b"%bHTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"
                % (self.before, len(body), body)
            )
            if self.behind:
                await self.read.wait()
                writer.write(self.behind)
                await writer.drain()
                self.sent.set()
            if self.closes:
                break
        writer.close()

    async def _send_pieces(self, writer: asyncio.StreamWriter) -> None:
        headers = b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"
        writer.write(b"HTTP/1.1 200 OK\r\n%b\r\n" % headers)
        for piece in (*self.pieces, b""):
            await asyncio.sleep(0)
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))


@pytest.fixture
async def webex() -> AsyncIterator[Webex]:
    webex = Webex()
    webex.goes_on.set()
    listening = await asyncio.start_server(webex.serve, "127.0.0.1", 0)
    webex.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1/people/me?a=%C3%A4"
    yield webex
    listening.close()


@pytest.fixture
async def http() -> AsyncIterator[WebexHttp]:
    session, http = open_webex_http(timeout_seconds=5)
    yield http
    await session.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_webex_is_asked_in_the_same_words_over_a_kept_connection(
    http: WebexHttp, webex: Webex, method: str
) -> None:
    for _ in range(2):
        if method == "GET":
            await http.get(webex.url, access_token="insecure-token")
        else:
            await http.post_form(webex.url, {"code": "insecure ü"}, Authorization="Basic x")
    first, second = ((*sorted(asked.split(b"\r\n")),) for asked in webex.asked)
    assert first == second
    assert webex.connections == 1


async def test_an_interim_answer_is_not_taken_for_the_answer(http: WebexHttp, webex: Webex) -> None:
    await http.get(webex.url, access_token="insecure-token")
    webex.before = HINTS
    assert (await http.get(webex.url, access_token="insecure-token")).body == {"number": 2}


async def test_whoever_comes_next_gets_no_answer_of_one_who_went_away(
    http: WebexHttp, webex: Webex
) -> None:
    await http.get(webex.url, access_token="insecure-token")
    webex.goes_on.clear()
    gone = asyncio.create_task(http.get(webex.url, access_token="insecure-of-one-who-goes"))
    webex.came.clear()
    await webex.came.wait()
    gone.cancel()
    await asyncio.wait([gone])
    webex.goes_on.set()
    assert (await http.get(webex.url, access_token="insecure-token")).body == {"number": 3}
    assert webex.connections == 2


async def test_a_get_finds_another_way_when_its_kept_connection_was_closed_meanwhile(
    http: WebexHttp, webex: Webex
) -> None:
    await http.get(webex.url, access_token="insecure-token")
    webex.swallows = True
    assert (await http.get(webex.url, access_token="insecure-token")).body == {"number": 3}
    assert webex.connections == 2


@pytest.mark.parametrize("begins", [HINTS, b"HTTP/1.1 200 OK\r\nContent-"], ids=["hints", "head"])
async def test_what_webex_has_begun_to_answer_is_not_sent_again(
    http: WebexHttp, webex: Webex, begins: bytes
) -> None:
    """It has read the request: a code would be used twice."""
    await http.get(webex.url, access_token="insecure-token")
    webex.only = begins
    with pytest.raises(WebexUnreachable):
        await http.post_form(webex.url, {"code": "insecure"})
    assert len(webex.asked) == 2


async def test_a_form_that_found_its_connection_closed_is_sent_again(
    http: WebexHttp, webex: Webex
) -> None:
    await http.get(webex.url, access_token="insecure-token")
    webex.swallows = True
    assert (await http.post_form(webex.url, {"code": "insecure"})).body == {"number": 3}


async def test_a_connection_that_the_other_end_does_not_keep_is_not_used_again(
    http: WebexHttp, webex: Webex
) -> None:
    await http.get(webex.url, access_token="insecure-token")
    webex.closes, webex.before = True, b""
    await http.get(webex.url, access_token="insecure-token")
    assert (await http.get(webex.url, access_token="insecure-token")).body == {"number": 3}


async def test_what_is_left_of_an_answer_that_is_too_long_belongs_to_nobody(
    http: WebexHttp, webex: Webex
) -> None:
    await http.get(webex.url, access_token="insecure-token")
    webex.length = TOO_LONG
    with pytest.raises(WebexMalformed):
        await http.get(webex.url, access_token="insecure-token")
    webex.length = 0
    assert (await http.get(webex.url, access_token="insecure-token")).body == {"number": 3}
    assert webex.connections == 2


@pytest.mark.parametrize("length", [10, LONGEST_BODY + 1], ids=["kept", "aiohttp's way"])
async def test_what_came_while_nobody_asked_is_nobodys_answer(
    http: WebexHttp, webex: Webex, length: int
) -> None:
    """Some servers say 408 before they close a connection that is idle; it is no answer to a request."""
    webex.behind = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 2\r\n\r\n{}"
    await http.get(webex.url, access_token="insecure-token")
    connector: Any = http._session.connector  # noqa: SLF001
    (idle,) = connector._conns.values()  # noqa: SLF001
    webex.read.set()
    while not idle[0][0].should_close:  # noqa: ASYNC110 - nobody waits for it
        await asyncio.sleep(0)
    webex.behind = b""
    answer = await http.post_form(webex.url, {"code": "x" * length})
    assert answer.body == {"number": 2}
    assert webex.connections == 2


async def test_what_is_no_http_is_unreachable_over_a_kept_connection_too(
    http: WebexHttp, webex: Webex
) -> None:
    await http.get(webex.url, access_token="insecure-token")
    webex.before = b"what is this?\r\n\r\n"
    with pytest.raises(WebexUnreachable):
        await http.get(webex.url, access_token="insecure-token")


async def test_an_answer_that_is_packed_and_comes_in_pieces_is_whole(
    http: WebexHttp, webex: Webex
) -> None:
    await http.get(webex.url, access_token="insecure-token")
    packed = gzip.compress(b'{"name": "%b"}' % (b"x" * 5_000))
    webex.pieces = [packed[:10], packed[10:20], packed[20:]]
    answer = await http.get(webex.url, access_token="insecure-token")
    assert answer.body == {"name": "x" * 5_000}
    webex.pieces = []
    assert (await http.get(webex.url, access_token="insecure-token")).body == {"number": 3}
    assert webex.connections == 1


async def test_over_tls_an_open_connection_is_used_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted, key = certificate(tmp_path, HOST)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(trusted, key)
    monkeypatch.setattr(
        "aiohttp.connector._SSL_CONTEXT_VERIFIED", ssl.create_default_context(cafile=trusted)
    )
    webex = Webex()
    webex.goes_on.set()
    session, http = open_webex_http(timeout_seconds=5)
    used: list[object] = []

    async def kept(connector: Connector, key: ConnectionKey) -> Connection | None:
        used.append(found := await take(connector, key))
        return found

    take = Connector.kept
    monkeypatch.setattr(Connector, "kept", kept)
    async with await asyncio.start_server(webex.serve, HOST, 0, ssl=ours) as listening, session:
        url = f"https://{HOST}:{listening.sockets[0].getsockname()[1]}/"
        for number in (1, 2):
            answer = await http.get(url, access_token="insecure-token")
            assert answer.body == {"number": number}
        assert [connection is not None for connection in used] == [False, True]


@pytest.mark.parametrize("token", ["a\r\nX-Header: b", "a\nb", "a\0b"])
async def test_no_token_becomes_a_header_of_its_own(
    http: WebexHttp, webex: Webex, token: str
) -> None:
    await http.get(webex.url, access_token="insecure-token")
    with pytest.raises(ValueError, match="header"):
        await http.get(webex.url, access_token=token)
    assert len(webex.asked) == 1

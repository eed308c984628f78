"""Short requests over a kept connection: the other end sees no difference, and nobody another's answer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from common.webex.http import WebexHttp, WebexMalformed, WebexUnreachable, open_webex_http

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
TOO_LONG = 1_000_001


@dataclass
class Webex:
    """Answers each request with its number, as a test has it; keeps what it was asked."""

    url: str = ""
    connections: int = 0
    asked: list[bytes] = field(default_factory=list)
    before: bytes = b""
    closes: bool = False
    swallows: bool = False
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    length: int = 0

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
            body = b'{"number": %d}' % len(self.asked) + b" " * self.length
            await self.goes_on.wait()
            writer.write(
                b"%bHTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"
                % (self.before, len(body), body)
            )
            if self.closes:
                break
        writer.close()


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


async def test_what_is_no_http_is_unreachable_over_a_kept_connection_too(
    http: WebexHttp, webex: Webex
) -> None:
    await http.get(webex.url, access_token="insecure-token")
    webex.before = b"what is this?\r\n\r\n"
    with pytest.raises(WebexUnreachable):
        await http.get(webex.url, access_token="insecure-token")


@pytest.mark.parametrize("token", ["a\r\nX-Header: b", "a\nb", "a\0b"])
async def test_no_token_becomes_a_header_of_its_own(
    http: WebexHttp, webex: Webex, token: str
) -> None:
    await http.get(webex.url, access_token="insecure-token")
    with pytest.raises(ValueError, match="header"):
        await http.get(webex.url, access_token=token)
    assert len(webex.asked) == 1

"""The wire to Webex: whatever it answers, the caller learns one of a few kinds."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Self

import aiohttp
import pytest
from aiohttp import web
from aioresponses import aioresponses
from pytest_aiohttp.plugin import AiohttpServer

from common.webex.http import (
    MAX_ANSWER_BYTES,
    WebexAnswer,
    WebexError,
    WebexHttp,
    WebexMalformed,
    WebexRefusal,
    WebexSlow,
    WebexUnreachable,
    clean_tracking_id,
    open_webex_http,
)
from common.webex.retry_after import parse_retry_after
from tests.simulation.loop import virtual

URL = "https://webexapis.com/v1/people/me"
TRACKING_ID = "ROUTER_65A1B2C3-0001-01BB-0123-AC10ABCD0001"
TOKEN = "insecure-access-token"

Serve = Callable[[Callable[[], web.Response]], Awaitable[str]]


@pytest.fixture
async def http() -> AsyncIterator[WebexHttp]:
    session, http = open_webex_http(timeout_seconds=5)
    yield http
    await session.close()


@pytest.fixture
def serve(aiohttp_server: AiohttpServer) -> Serve:
    """Serve one answer; return its address."""

    async def start(answer: Callable[[], web.Response]) -> str:
        async def handle(_: web.Request) -> web.Response:
            return answer()

        app = web.Application()
        app.router.add_get("/", handle)
        return str((await aiohttp_server(app)).make_url("/"))

    return start


async def failure(http: WebexHttp) -> WebexError:
    with pytest.raises(WebexError) as caught:
        await http.get(URL, access_token=TOKEN)
    return caught.value


async def test_an_answer_comes_back_whole(http: WebexHttp, webex: aioresponses) -> None:
    webex.get(URL, payload={"id": "a"}, headers={"trackingid": TRACKING_ID})
    answer = await http.get(URL, access_token=TOKEN)
    assert (answer.status, answer.body, answer.tracking_id) == (200, {"id": "a"}, TRACKING_ID)


async def test_the_token_travels_in_a_header_and_redirects_are_not_followed(
    http: WebexHttp, webex: aioresponses
) -> None:
    webex.get(URL, status=302, headers={"Location": "https://evil.example/"})
    refusal = await failure(http)
    assert isinstance(refusal, WebexRefusal)
    assert refusal.status == 302
    ((request,),) = webex.requests.values()
    assert request.kwargs["headers"]["Authorization"] == f"Bearer {TOKEN}"
    assert request.kwargs["allow_redirects"] is False


async def test_no_content_is_an_empty_answer(http: WebexHttp, webex: aioresponses) -> None:
    webex.get(URL, status=204)
    assert (await http.get(URL, access_token=TOKEN)).body == {}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 423, 429, 500, 502, 503, 504])
async def test_an_error_status_is_a_refusal_with_its_tracking_id(
    http: WebexHttp, webex: aioresponses, status: int
) -> None:
    body = {"message": "no", "errors": [{"description": "no"}], "trackingId": TRACKING_ID}
    webex.get(URL, status=status, payload=body)
    refusal = await failure(http)
    assert isinstance(refusal, WebexRefusal)
    assert (refusal.status, refusal.tracking_id) == (status, TRACKING_ID)


async def test_idbrokers_own_spelling_of_a_tracking_id_is_read(
    http: WebexHttp, webex: aioresponses
) -> None:
    body = {"error": "invalid_grant", "error_description": "no", "trackingID": TRACKING_ID}
    webex.get(URL, status=400, payload=body)
    refusal = await failure(http)
    assert isinstance(refusal, WebexRefusal)
    assert refusal.tracking_id == TRACKING_ID


@pytest.mark.parametrize("body", ["", "<html>Bad Gateway</html>", "[]", "null", "{", '"x"'])
async def test_an_error_stays_that_error_whatever_its_body_is(
    http: WebexHttp, webex: aioresponses, body: str
) -> None:
    webex.get(URL, status=503, body=body, headers={"trackingid": TRACKING_ID})
    refusal = await failure(http)
    assert isinstance(refusal, WebexRefusal)
    assert (refusal.status, refusal.tracking_id) == (503, TRACKING_ID)


@pytest.mark.parametrize(
    "body",
    ["<html>", "[]", "null", "{", '"x"', "[" * 100_000, "1" * 5000, b"\xff\xfe{"],
    ids=lambda body: ascii(body[:12]),
)
async def test_what_is_no_json_object_is_malformed(
    http: WebexHttp, webex: aioresponses, body: str | bytes
) -> None:
    webex.get(URL, body=body, headers={"trackingid": TRACKING_ID})
    malformed = await failure(http)
    assert isinstance(malformed, WebexMalformed)
    assert malformed.tracking_id == TRACKING_ID


async def test_an_answer_at_the_limit_is_read_and_one_byte_more_is_not(
    http: WebexHttp, serve: Serve
) -> None:
    url = await serve(lambda: web.Response(body=b"{}".ljust(MAX_ANSWER_BYTES)))
    assert (await http.get(url, access_token=TOKEN)).body == {}
    url = await serve(lambda: web.Response(body=b"{}".ljust(MAX_ANSWER_BYTES + 1)))
    with pytest.raises(WebexMalformed):
        await http.get(url, access_token=TOKEN)


async def test_half_a_character_from_outside_never_reaches_a_page(
    http: WebexHttp, webex: aioresponses
) -> None:
    """A lone surrogate is valid JSON and no valid text: it could not be sent to a browser."""
    escaped = rb'{"id": "a", "displayName": "Ada \ud800", "list": ["\uDFFF"], "\udc00": 1, '
    webex.get(URL, body=escaped + b'"raw": "\xed\xa0\x80"}')
    body = (await http.get(URL, access_token=TOKEN)).body
    assert json.dumps(body, ensure_ascii=False).encode()
    assert body["id"] == "a"
    assert body["displayName"].startswith("Ada ")


async def test_whole_characters_beyond_the_basic_plane_stay_as_they_are(
    http: WebexHttp, webex: aioresponses
) -> None:
    webex.get(URL, body=r'{"displayName": "Ada \ud83d\ude00 \\ud800"}')
    answer = await http.get(URL, access_token=TOKEN)
    assert answer.body == {"displayName": "Ada \U0001f600 \\ud800"}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError("a secret"), WebexSlow),
        (aiohttp.ServerTimeoutError("a secret"), WebexSlow),
        (aiohttp.ServerDisconnectedError("a secret"), WebexUnreachable),
        (aiohttp.ClientPayloadError("a secret"), WebexUnreachable),
        (aiohttp.ClientOSError(111, "a secret"), WebexUnreachable),
        (aiohttp.InvalidURL("a secret"), WebexUnreachable),
        (ConnectionResetError("a secret"), WebexUnreachable),
    ],
)
async def test_trouble_on_the_way_is_slow_or_unreachable_and_carries_no_text_along(
    http: WebexHttp, webex: aioresponses, error: Exception, kind: type[WebexError]
) -> None:
    webex.get(URL, exception=error)
    caught = await failure(http)
    assert type(caught) is kind
    assert "secret" not in str(caught)
    assert caught.__suppress_context__


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_bounded(
    http: WebexHttp, serve: Serve
) -> None:
    packed = gzip.compress(b" " * 50_000_000)
    url = await serve(lambda: web.Response(body=packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(WebexMalformed):
        await http.get(url, access_token=TOKEN)


async def test_what_is_no_http_at_all_is_unreachable(http: WebexHttp) -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(WebexUnreachable):
            await http.get(f"http://127.0.0.1:{port}/", access_token=TOKEN)


async def test_cookies_that_webex_sets_for_one_person_do_not_go_with_the_next(
    http: WebexHttp, aiohttp_server: AiohttpServer
) -> None:
    seen: list[str | None] = []

    async def set_cookie(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return web.json_response({}, headers={"Set-Cookie": "person=one; Path=/"})

    app = web.Application()
    app.router.add_get("/", set_cookie)
    server = await aiohttp_server(app)
    for _ in range(2):
        await http.get(str(server.make_url("/")), access_token=TOKEN)
    assert seen == [None, None]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        (" 7 ", 7),
        ("0", 1),
        ("86400", 300),
        ("999999999", 300),
        (None, 5),
        ("", 5),
        ("rand(30),add(30)", 5),
        ("-1", 5),
        ("1.5", 5),
        ("1e3", 5),
        ("٣", 5),
        ("9" * 5000, 5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1),
        ("Wed, 21 Oct 9999 07:28:00 GMT", 300),
        ("Wed, 32 Oct 2026 07:28:00 GMT", 5),
        ("Wed, 21 Oct 99999 07:28:00 GMT", 5),
        ("Wed, 21 Oct 0001 07:28:00 -2359", 1),
    ],
)
def test_a_retry_after_is_at_least_a_second_and_capped_whatever_it_says(
    header: str | None, seconds: int
) -> None:
    assert parse_retry_after(header) == seconds


@pytest.mark.parametrize(
    "value", [None, 5, "", "a b", "<script>", "a\r\nb", "a" * 121, "\u0130", ["a"]]
)
def test_a_tracking_id_that_is_none_is_not_shown(value: object) -> None:
    assert clean_tracking_id(value) is None


def test_neither_an_answer_nor_a_refusal_prints_what_is_in_it() -> None:
    answer = WebexAnswer(400, {"Set-Cookie": TOKEN}, {"access_token": TOKEN})
    refusal = WebexRefusal(answer)
    assert not re.search(TOKEN, f"{answer!r} {refusal!r} {refusal}")


def test_a_retry_after_may_be_a_date() -> None:
    """RFC 9110 section 10.2.3; the clock moves on while it is read."""
    assert parse_retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=90))) in (89, 90)


class OneRequestEach:
    """A server that answers the first request of a connection, and breaks the connection at the next."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0
        self.answers = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(re.findall(rb"Content-Length: (\d+)", head)[0]))
        self.requests += 1
        if self.answers:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await reader.read(1)
            self.requests += 1
        writer.transport.abort()


@pytest.fixture
async def breaking() -> AsyncIterator[tuple[OneRequestEach, str]]:
    server = OneRequestEach()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield server, f"http://127.0.0.1:{port}/"
    listening.close()


async def test_a_form_that_a_kept_connection_swallowed_is_sent_once_more_on_a_fresh_one(
    http: WebexHttp, breaking: tuple[OneRequestEach, str]
) -> None:
    server, url = breaking
    await http.post_form(url, {"grant_type": "x"})
    assert (await http.post_form(url, {"grant_type": "x"})).status == 200
    assert (server.connections, server.requests) == (2, 3)


async def test_a_form_that_a_fresh_connection_swallowed_is_not_sent_again(
    http: WebexHttp, breaking: tuple[OneRequestEach, str]
) -> None:
    server, url = breaking
    server.answers = False
    with pytest.raises(WebexUnreachable):
        await http.post_form(url, {"grant_type": "x"})
    assert server.requests == 1


async def test_nothing_else_is_sent_again(
    http: WebexHttp, breaking: tuple[OneRequestEach, str]
) -> None:
    server, url = breaking
    await http.send("POST", url, json={})
    with pytest.raises(WebexUnreachable):
        await http.send("POST", url, json={})
    assert server.connections == 1


class BreaksLate:
    """A session whose kept connection breaks after a while, and whose fresh one is never answered."""

    connector = None

    def __init__(self, *, breaks_after_seconds: float) -> None:
        self._seconds = breaks_after_seconds
        self.tries = 0

    @asynccontextmanager
    async def request(self, *_: object, **__: object) -> AsyncIterator[Any]:
        self.tries += 1
        if self.tries > 1:
            await asyncio.Event().wait()
        await asyncio.sleep(self._seconds)
        raise aiohttp.ServerDisconnectedError
        yield

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...


def test_both_tries_together_have_the_time_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    session = BreaksLate(breaks_after_seconds=15)
    monkeypatch.setattr("common.webex.http.open_session", lambda **_: session)

    async def ask() -> float:
        began = asyncio.get_running_loop().time()
        with pytest.raises(WebexSlow):
            await WebexHttp(session, timeout_seconds=20).post_form(URL, {})  # type: ignore[arg-type]
        return asyncio.get_running_loop().time() - began

    with virtual(seed=1) as (loop, _):
        assert loop.run_until_complete(ask()) == pytest.approx(20)
    assert session.tries == 2

"""A page is written with headers that are put together once; it reads as if aiohttp had made them anew."""

import asyncio
from collections.abc import AsyncIterator, Callable
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from common.web import page as page_module
from common.web.page import Page
from common.web.security_headers import security_headers, setup_security_headers
from common.web.templating import html_page

BODY = "<p>So happy to meet, Zoë".encode()
USUAL = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
FRAME_POLICY = "frame-ancestors https://portal.example"
# What differs between one answer and another, and what nginx replaces.
NOT_COMPARED = {"date", "server", "connection"}

Change = Callable[[web.Response], object]


class Site:
    """One application, and one connection to it."""

    def __init__(self) -> None:
        self.change: Change = lambda _: None
        self.app = web.Application()
        for path in ("/", "/embed/x"):
            self.app.router.add_get(path, self._answer)
        headers = security_headers(https=True, image_sources=())
        setup_security_headers(
            self.app, headers, {**headers, "Content-Security-Policy": FRAME_POLICY}
        )
        self.served = TestServer(self.app)

    async def ask(self, *requests: bytes) -> list[tuple[bytes, dict[str, str], bytes]]:
        """First line, headers by their small names, and body of each answer, over one connection."""
        if not self.served.started:
            await self.served.start_server()
        reader, writer = await asyncio.open_connection(self.served.host, self.served.port)
        answers = []
        for request in requests:
            writer.write(request)
            line, _, head = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
            headers = {k.lower(): v for k, v in BytesHeaderParser().parsebytes(head).items()}
            length = 0 if request.startswith(b"HEAD") else int(headers["content-length"])
            answers.append((line, headers, await reader.readexactly(length)))
        writer.write_eof()
        # Nothing else came.
        assert await reader.read() == b""
        writer.close()
        return answers

    async def _answer(self, _: web.Request) -> web.Response:
        answer = html_page(BODY)
        self.change(answer)
        return answer


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    yield made
    await made.served.close()


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each page that is written with the ready headers."""
    found: list[int] = []

    def date(now: int) -> bytes:
        found.append(now)
        return b"now"

    monkeypatch.setattr(page_module, "http_date", date)
    return found


def compared(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in NOT_COMPARED}


async def test_a_page_has_the_headers_that_aiohttp_would_give_it(site: Site) -> None:
    ready, by_aiohttp = await site.ask(USUAL, USUAL.replace(b"1.1", b"1.0"))
    assert (ready[0], by_aiohttp[0]) == (b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK")
    assert compared(ready[1]) == compared(by_aiohttp[1])
    assert parsedate_to_datetime(ready[1]["date"]).tzinfo is not None
    assert ready[2] == by_aiohttp[2] == BODY


async def test_usual_pages_are_written_with_ready_headers_over_a_connection_that_stays(
    site: Site, heads: list[int]
) -> None:
    answers = await site.ask(USUAL, USUAL, USUAL)
    assert [body for _, _, body in answers] == [BODY] * 3
    assert len(heads) == 3


@pytest.mark.parametrize(
    ("asked", "body", "connection"),
    [
        (b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", b"", None),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", BODY, "close"),
        (b"GET / HTTP/1.0\r\n\r\n", BODY, None),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", BODY, "keep-alive"),
    ],
)
async def test_what_is_asked_for_in_another_way_aiohttp_answers(
    site: Site, heads: list[int], asked: bytes, body: bytes, connection: str | None
) -> None:
    ((_, headers, came),) = await site.ask(asked)
    assert (came, headers.get("connection")) == (body, connection)
    assert headers["content-length"] == str(len(BODY))
    assert headers["x-content-type-options"] == "nosniff"
    assert heads == []


CHANGES: list[tuple[Change, str, str]] = [
    (lambda answer: answer.set_cookie("a", "b"), "set-cookie", "a=b; Path=/"),
    (lambda answer: answer.headers.add("Set-Cookie", "a=b"), "set-cookie", "a=b"),
    (lambda answer: answer.headers.update({"X-Own": "1"}), "x-own", "1"),
    (
        lambda answer: answer.headers.update({"Referrer-Policy": "no-referrer"}),
        *("referrer-policy", "no-referrer"),
    ),
    (lambda answer: answer.force_close(), "connection", "close"),
    (
        lambda answer: answer.enable_compression(web.ContentCoding.gzip),
        *("content-encoding", "gzip"),
    ),
]


@pytest.mark.parametrize(("change", "name", "value"), CHANGES)
async def test_what_a_handler_says_of_its_page_is_said(
    site: Site, heads: list[int], change: Change, name: str, value: str
) -> None:
    site.change = change
    ((_, headers, _),) = await site.ask(USUAL)
    assert headers[name] == value
    assert headers["x-content-type-options"] == "nosniff"
    assert heads == []


async def test_another_status_is_told(site: Site, heads: list[int]) -> None:
    site.change = lambda answer: answer.set_status(404)
    ((line, _, body),) = await site.ask(USUAL)
    assert (line, body, heads) == (b"HTTP/1.1 404 Not Found", BODY, [])


async def test_whoever_adds_headers_to_every_answer_adds_them_to_pages(site: Site) -> None:
    async def add(_: web.Request, answer: web.StreamResponse) -> None:
        answer.headers["X-Own"] = "1"

    site.app.on_response_prepare.append(add)
    ((_, headers, _),) = await site.ask(USUAL)
    assert headers["x-own"] == "1"


async def test_what_a_frame_shows_has_the_headers_of_frames(site: Site) -> None:
    ((_, headers, _),) = await site.ask(USUAL.replace(b"/ ", b"/embed/x ", 1))
    assert headers["content-security-policy"] == FRAME_POLICY


async def test_a_page_is_written_once(site: Site) -> None:
    kept: list[Page] = []
    site.change = lambda answer: kept.append(answer) if isinstance(answer, Page) else None
    await site.ask(USUAL)
    assert kept[0].prepared
    assert kept[0].keep_alive

"""A redirect is written with headers that are put together once, and reads as if aiohttp had made them."""

from collections.abc import AsyncIterator, Callable
from http import HTTPStatus

import pytest
from aiohttp import (
    ClientSession,
    HttpVersion10,
    HttpVersion11,
    ServerDisconnectedError,
    TCPConnector,
    web,
)
from aiohttp.test_utils import TestServer

from common.web import redirect as redirect_module
from common.web.redirect import Redirect
from common.web.security_headers import security_headers, setup_security_headers

FRAME_POLICY = "frame-ancestors https://portal.example"
ELSEWHERE = "http://localhost:8080/landing?next=%2Fä"
# What differs between one answer and another, and what nginx replaces.
NOT_COMPARED = {"Date", "Server", "Connection"}

Change = Callable[[web.Response], object]


class Site:
    """Leads elsewhere, as a test has it."""

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

    async def ask(
        self, *, version: object = HttpVersion11, path: str = "/", times: int = 1
    ) -> tuple[int, str | None, dict[str, list[str]]]:
        """Status, reason and headers of the last answer; all come over one connection."""
        if not self.served.started:
            await self.served.start_server()
        async with ClientSession(
            connector=TCPConnector(limit=1),
            version=version,  # type: ignore[arg-type]
        ) as client:
            for _ in range(times):
                async with client.get(self.served.make_url(path), allow_redirects=False) as answer:
                    assert await answer.read() == b""
                    names = {name.title() for name in answer.headers} - NOT_COMPARED
                    headers = {name: answer.headers.getall(name) for name in names}
        return answer.status, answer.reason, headers

    async def _answer(self, _: web.Request) -> web.Response:
        answer = Redirect(HTTPStatus.SEE_OTHER, ELSEWHERE)
        self.change(answer)
        return answer


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    yield made
    await made.served.close()


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each redirect that is written with the ready headers."""
    found: list[int] = []

    def date(now: int) -> bytes:
        found.append(now)
        return b"now"

    monkeypatch.setattr(redirect_module, "http_date", date)
    return found


async def test_a_redirect_has_the_headers_that_aiohttp_would_give_it(
    site: Site, heads: list[int]
) -> None:
    def cookies(answer: web.Response) -> None:
        for pair in ("a=b; Path=/", "c=d"):
            answer.headers.add("Set-Cookie", pair)

    site.change = cookies
    ready = await site.ask(times=3)
    assert len(heads) == 3
    assert await site.ask(version=HttpVersion10) == ready
    assert len(heads) == 3
    assert ready[2]["Set-Cookie"] == ["a=b; Path=/", "c=d"]


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        (lambda answer: answer.set_cookie("a", "b"), "Set-Cookie", "a=b; Path=/"),
        (
            lambda answer: answer.headers.update({"cross-origin-opener-policy": "unsafe-none"}),
            *("Cross-Origin-Opener-Policy", "unsafe-none"),
        ),
    ],
)
async def test_what_a_handler_says_of_its_redirect_is_said(
    site: Site, heads: list[int], change: Change, name: str, value: str
) -> None:
    site.change = change
    _, _, headers = await site.ask()
    assert headers[name] == [value]
    assert headers["X-Content-Type-Options"] == ["nosniff"]
    assert heads == []


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0"])
async def test_no_value_becomes_a_header_of_its_own(site: Site, end: str) -> None:
    site.change = lambda answer: answer.headers.update({"Location": f"/{end}X-Own: 1"})
    # aiohttp sends nothing of it.
    with pytest.raises(ServerDisconnectedError):
        await site.ask()


async def test_whoever_adds_headers_to_every_answer_adds_them_to_redirects(site: Site) -> None:
    async def add(_: web.Request, answer: web.StreamResponse) -> None:
        answer.headers["X-Own"] = "1"

    site.app.on_response_prepare.append(add)
    assert (await site.ask())[2]["X-Own"] == ["1"]


async def test_what_a_frame_is_led_by_has_the_headers_of_frames(site: Site) -> None:
    _, _, headers = await site.ask(path="/embed/x")
    assert headers["Content-Security-Policy"] == [FRAME_POLICY]

"""Why Webex could not be reached, from real sockets that misbehave."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request
from aioresponses import aioresponses

from common.web.failure_pages import answer_for
from common.web.failure_texts import problem
from common.webex.failures import SUPPORT, failure_of
from common.webex.http import WebexUnreachable, open_webex_http
from common.webex.unreachable import Why
from local_stack.layout import REPOSITORY
from tests.certificate import certificate

TOKEN = "insecure-access-token"
API_PAGE = REPOSITORY / "docs" / "api.md"
PortThat = Callable[..., Awaitable[int]]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


async def why(url: str) -> Why:
    session, http = open_webex_http(timeout_seconds=5)
    async with session:
        with pytest.raises(WebexUnreachable) as caught:
            await http.get(url, access_token=TOKEN)
    return caught.value.why


@pytest.fixture
async def nobody() -> AsyncIterator[int]:
    """A port that refuses."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
async def port_that() -> AsyncIterator[PortThat]:
    """Make servers that hear one request each and say this."""
    async with AsyncExitStack() as stack:

        async def make(says: bytes, context: ssl.SSLContext | None = None) -> int:
            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(says)
                writer.close()

            server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
            await stack.enter_async_context(server)
            return int(server.sockets[0].getsockname()[1])

        yield make


async def test_a_name_that_nobody_knows() -> None:
    # By RFC 2606 nobody has it.
    assert await why("https://webex.invalid/v1/people/me") is Why.DNS


async def test_a_port_that_refuses(nobody: int) -> None:
    assert await why(f"http://127.0.0.1:{nobody}/") is Why.REFUSED


async def test_a_connection_that_breaks(port_that: PortThat) -> None:
    assert await why(f"http://127.0.0.1:{await port_that(b'')}/") is Why.RESET


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", Why.PROXY_407),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", Why.PROXY_REFUSED),
    ],
)
async def test_a_proxy_that_does_not_let_anybody_through(
    monkeypatch: pytest.MonkeyPatch, port_that: PortThat, says: bytes, expected: Why
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{await port_that(says)}")
    assert await why("https://webex.invalid/") is expected


async def test_a_proxy_that_is_away(monkeypatch: pytest.MonkeyPatch, nobody: int) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{nobody}")
    assert await why("https://webex.invalid/") is Why.PROXY_AWAY


async def test_a_certificate_that_is_not_trusted(tmp_path: Path, port_that: PortThat) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate(tmp_path, "127.0.0.1"))
    assert await why(f"https://127.0.0.1:{await port_that(b'', context)}/") is Why.CERTIFICATE


async def test_what_speaks_no_tls() -> None:
    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        assert await why(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/") is Why.TLS


async def test_a_connection_that_nobody_takes_is_no_slow_answer() -> None:
    with aioresponses() as webex:
        webex.get("https://webex.test/", exception=aiohttp.ConnectionTimeoutError("a secret"))
        assert await why("https://webex.test/") is Why.CONNECT_TIMEOUT


@pytest.mark.parametrize("reason", Why)
def test_the_page_says_what_to_check_and_asks_for_no_tracking_id_that_there_is_not(
    reason: Why,
) -> None:
    failure = failure_of(WebexUnreachable(reason), doing="this", again="/")
    assert failure.what_to_check == (reason.what_to_check,)
    assert problem(failure, reference=None)["why"] == reason.word
    assert f"`{reason.word}`" in API_PAGE.read_text(encoding="utf-8")
    assert SUPPORT not in failure.what_to_check


def test_who_has_a_tracking_id_is_told_what_it_is_for() -> None:
    failure = failure_of(WebexUnreachable(tracking_id="ID_1"), doing="this", again="/")
    assert SUPPORT in failure.what_to_check


def test_an_untrusted_certificate_names_the_setting() -> None:
    assert "SSL_CERT_FILE" in Why.CERTIFICATE.what_to_check


def test_a_program_and_the_log_are_told_why_too(caplog: pytest.LogCaptureFixture) -> None:
    failure = failure_of(WebexUnreachable(Why.CERTIFICATE), doing="this", again="/")
    answer = answer_for(make_mocked_request("GET", "/api/me"), failure)
    assert json.loads(answer.text or "")["why"] == "certificate"
    [told] = [vars(record) for record in caplog.records if record.message == "failure"]
    assert told["why"] == "certificate"
    assert "SSL_CERT_FILE" in told["check"]

"""Where a proxy stands before Webex, calls to Webex go through it, and nothing else does."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpServer

from common.webex.http import WebexError, WebexUnreachable, open_webex_http
from tests.certificate import certificate

# By RFC 2606 nobody has this name.
URL = "https://webex.invalid/v1/people/me"
TOKEN = "insecure-access-token"


class RecordingProxy:
    """Writes down what it is asked for. Lets nobody through, unless `leads_to` is a port of this machine."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.leads_to: int | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if self.leads_to is None:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        beyond, to_beyond = await asyncio.open_connection("127.0.0.1", self.leads_to)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(self._forward(reader, to_beyond), self._forward(beyond, writer))

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65_536):
            self.seen.append(chunk.decode("latin-1"))
            writer.write(chunk)
        writer.close()

    async def close(self) -> None:
        self._server.close()
        await self._server.wait_closed()


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RecordingProxy]:
    """A proxy that the environment names."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    recording = RecordingProxy()
    await recording.start()
    monkeypatch.setenv("HTTPS_PROXY", f"http://{recording.address}")
    monkeypatch.setenv("HTTP_PROXY", f"http://{recording.address}")
    yield recording
    await recording.close()


async def ask(url: str) -> None:
    """Ask as both services do; whatever came of it."""
    session, http = open_webex_http(timeout_seconds=5)
    async with session:
        with pytest.raises(WebexError):
            await http.get(url, access_token=TOKEN)


async def test_webex_is_reached_through_the_proxy_which_sees_neither_address_nor_token(
    proxy: RecordingProxy,
) -> None:
    await ask(URL)
    [asked] = proxy.seen
    assert asked.startswith("CONNECT webex.invalid:443 HTTP/1.1\r\n")
    assert TOKEN not in asked
    assert "people" not in asked


async def test_what_is_said_behind_the_proxy_is_for_webex_alone(
    proxy: RecordingProxy, aiohttp_server: AiohttpServer, tmp_path: Path
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"heard": request.headers["Authorization"]})

    app = web.Application()
    app.router.add_get("/v1/people/me", answer)
    public, private = certificate(tmp_path, "webex.invalid")
    here = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    here.load_cert_chain(public, private)
    proxy.leads_to = (await aiohttp_server(app, ssl=here)).port
    session, http = open_webex_http(timeout_seconds=5)
    async with session:
        trusting = ssl.create_default_context(cafile=str(public))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        heard = await http.send("GET", URL, headers=headers, ssl=trusting)
    assert heard.body == {"heard": f"Bearer {TOKEN}"}
    assert TOKEN not in "".join(proxy.seen)


async def test_files_are_fetched_through_the_proxy_too(proxy: RecordingProxy) -> None:
    """They come by the session itself."""
    session, _ = open_webex_http(timeout_seconds=5)
    async with session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(URL)
    assert len(proxy.seen) == 1


@pytest.mark.parametrize("form", ["{}", "http://{}", "http://{}/"])
async def test_a_proxy_may_be_named_with_or_without_its_scheme(
    proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", form.format(proxy.address))
    await ask(URL)
    assert len(proxy.seen) == 1


async def test_a_proxy_is_told_who_comes_if_its_address_says_so(
    proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://us%65r:insecure@{proxy.address}")
    await ask(URL)
    assert "\r\nProxy-Authorization: Basic dXNlcjppbnNlY3VyZQ==\r\n" in proxy.seen[0]


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
async def test_what_no_proxy_names_is_reached_without(
    proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "elsewhere.example, .invalid")
    await ask(URL)
    assert proxy.seen == []


async def test_the_services_calls_to_each_other_and_to_the_sandbox_pass_by_the_proxy(
    proxy: RecordingProxy, aiohttp_server: AiohttpServer
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/", answer)
    url = str((await aiohttp_server(app)).make_url("/"))
    session, http = open_webex_http(timeout_seconds=5)
    async with session:
        assert (await session.get(url)).status == 200
        assert (await http.get(url, access_token=TOKEN)).status == 200
    await ask("https://localhost:1/")
    assert proxy.seen == []


async def test_a_proxy_that_is_away_counts_as_webex_out_of_reach(proxy: RecordingProxy) -> None:
    await proxy.close()
    session, http = open_webex_http(timeout_seconds=5)
    async with session:
        with pytest.raises(WebexUnreachable):
            await http.get(URL, access_token=TOKEN)

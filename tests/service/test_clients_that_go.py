"""Whoever goes away in the middle is no mistake of ours: no alert, and no line that looks like one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import REGISTRY

from common.telemetry import access_log
from common.web.bodies import STREAMED
from common.web.failure_pages import failure_pages
from common.web.least_rate import LEAST_RATE, LeastRate

GET = b"GET /api/ HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /api/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhal"
Act = Callable[[web.Request], Awaitable[object]]


async def gone(request: web.Request) -> None:
    while request.transport is not None:  # noqa: ASYNC110 - aiohttp tells nobody
        await asyncio.sleep(0)


async def stream(request: web.Request) -> object:
    return await web.StreamResponse().prepare(request)


async def read(request: web.Request) -> object:
    return await request.read()


async def write_on(request: web.Request) -> object:
    response = web.StreamResponse()
    await response.prepare(request)
    await gone(request)
    await response.write(b"more")
    return None


class Heard(LeastRate):
    """Tells that a body is waited for, and that the wait is over."""

    def __init__(self) -> None:
        super().__init__(1000, window_seconds=3600)
        self.began, self.ended = asyncio.Event(), asyncio.Event()

    async def read_whole(self, request: web.Request) -> None:
        self.began.set()
        try:
            await super().read_whole(request)
        finally:
            self.ended.set()


@asynccontextmanager
async def served(
    handler: Handler, *, whole: LeastRate | None = None
) -> AsyncIterator[tuple[str, int]]:
    """Serve a handler that reads bodies by itself, or is asked when `whole` has read all."""
    app = web.Application(middlewares=[failure_pages])
    route = app.router.add_route("*", "/api/", handler)
    app[STREAMED] = set() if whole else {route}
    if whole:
        app[LEAST_RATE] = whole
    runner = web.AppRunner(
        app, access_log_class=access_log.AccessLog, access_log=access_log.log, shutdown_timeout=1
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0]
    await runner.cleanup()


async def left_alone(act: Act, request: bytes, *, until_gone: bool = True) -> None:
    """Serve one request of a client that goes as soon as it has been heard."""
    heard, done = asyncio.Event(), asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        heard.set()
        if until_gone:
            await gone(request)
        try:
            await act(request)
        finally:
            done.set()
        return web.Response()

    async with served(handler) as address:
        _, writer = await asyncio.open_connection(*address)
        writer.write(request)
        await heard.wait()
        writer.transport.abort()
        await done.wait()


def unforeseen() -> float:
    return REGISTRY.get_sample_value("unforeseen_failures_total") or 0


@pytest.mark.parametrize(
    ("act", "request_bytes", "until_gone"),
    [(stream, GET, True), (write_on, GET, False), (read, POST, True)],
    ids=["before the answer", "in its middle", "in the middle of what it sends"],
)
async def test_a_client_that_goes_away_is_nobodys_mistake(
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    act: Act,
    request_bytes: bytes,
    until_gone: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    caplog.set_level(logging.INFO)
    before = unforeseen()
    await left_alone(act, request_bytes, until_gone=until_gone)
    assert unforeseen() == before
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert '"status":499' in capsys.readouterr().err


async def test_a_client_that_goes_while_its_body_is_waited_for_is_nobodys_mistake(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        raise AssertionError

    caplog.set_level(logging.INFO)
    before, heard = unforeseen(), Heard()
    async with served(never, whole=heard) as address:
        _, writer = await asyncio.open_connection(*address)
        writer.write(POST)
        await heard.began.wait()
        writer.transport.abort()
        await heard.ended.wait()
    assert unforeseen() == before
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert '"status":499' in capsys.readouterr().err


async def test_a_lost_connection_is_a_mistake_while_the_client_is_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def mistaken(_: web.Request) -> web.StreamResponse:
        raise ConnectionResetError

    before = unforeseen()
    async with served(mistaken) as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 500")
        writer.close()
    assert unforeseen() == before + 1
    assert "unforeseen" in caplog.messages

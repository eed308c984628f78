"""A handler begins when the body is there, and how long that took is none of the service's time."""

import asyncio
import json
import logging

import pytest
from aiohttp import web

from common.telemetry import access_log
from common.telemetry.coalesced import deal_with_all
from common.web import bodies
from common.web.bodies import STREAMED
from common.web.failure_pages import failure_pages
from common.web.least_rate import LEAST_RATE, LeastRate

HEAD = b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nha"
AGES = 1_000_000.0


class Service:
    """An application with a handler for whole bodies at /whole, and one that reads by itself at /parts."""

    def __init__(self) -> None:
        self.began: dict[str, asyncio.Event] = {"whole": asyncio.Event(), "parts": asyncio.Event()}
        self._app = web.Application(middlewares=[failure_pages])
        self._app[LEAST_RATE] = LeastRate(1000, window_seconds=AGES)
        self._app.router.add_post("/whole", self._answer)
        self._app[STREAMED] = {self._app.router.add_post("/parts", self._answer)}

    async def _answer(self, request: web.Request) -> web.Response:
        self.began[request.path[1:]].set()
        return web.Response(body=await request.read())

    async def __aenter__(self) -> tuple[str, int]:
        self._runner = web.AppRunner(
            self._app, access_log_class=access_log.AccessLog, access_log=access_log.log
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port, *_ = self._runner.addresses[0]
        return host, port

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


async def test_a_handler_begins_when_the_body_is_there_or_reads_it_by_itself() -> None:
    service = Service()
    async with service as address:
        streams = {path: await asyncio.open_connection(*address) for path in service.began}
        for path, (_, writer) in streams.items():
            writer.write(HEAD % path.encode())
        await service.began["parts"].wait()
        assert not service.began["whole"].is_set()
        for reader, writer in streams.values():
            writer.write(b"lt")
            assert (await reader.read()).endswith(b"halt")
            writer.close()


async def test_how_long_a_body_took_is_no_time_of_the_service(
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a stranger who sends slowly would ring for slow pages."""
    caplog.set_level(logging.INFO)
    clock = iter([0.0, AGES])
    monkeypatch.setattr(bodies, "monotonic", lambda: next(clock))
    async with Service() as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(HEAD % b"whole" + b"lt")
        await reader.read()
        writer.close()
    deal_with_all()
    [line] = [each for each in capsys.readouterr().err.splitlines() if '"request"' in each]
    assert json.loads(line)["ms"] < 0

"""gunicorn's worker (common/web/worker.py): when it ends, and how."""

import asyncio
import logging
import signal
from types import SimpleNamespace

import pytest
import uvloop
from aiohttp.worker import GunicornUVLoopWebWorker
from gunicorn.config import Config
from gunicorn.sock import create_sockets

from common.web.worker import Worker


async def test_a_worker_that_is_asked_to_end_does_not_sleep_on() -> None:
    worker = Worker.__new__(Worker)
    loop, config = asyncio.get_running_loop(), SimpleNamespace(worker_int=lambda _: None)
    worker.__dict__ |= {"alive": True, "loop": loop, "cfg": config, "_notify_waiter": None}
    sleep = worker._wait_next_notify()  # noqa: SLF001 - where it sleeps, and nobody else tells
    worker.handle_exit(signal.SIGTERM, None)
    assert not worker.alive
    assert sleep.done()


def test_a_worker_closes_the_sockets_that_it_serves_on_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    config = Config()
    config.set("bind", "127.0.0.1:0")
    [listener] = create_sockets(config, logging.getLogger())
    # The rest of it would serve until a signal comes.
    monkeypatch.setattr(GunicornUVLoopWebWorker, "init_process", lambda _: None)
    worker = Worker.__new__(Worker)
    worker.sockets = [listener]
    worker.init_process()

    async def serve_and_end() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(asyncio.Protocol, sock=worker.sockets[0])
        server.close()

    uvloop.run(serve_and_end())
    assert caplog.messages == []
    assert listener.sock.fileno() == -1

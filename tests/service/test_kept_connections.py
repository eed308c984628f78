"""A connection that nginx keeps for the next request holds nothing of the answer before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from common.web.runner import runner

PAGE = b"what a page says " * 4000


@asynccontextmanager
async def _served(app: web.Application) -> AsyncIterator[str]:
    served = runner(app)
    await served.setup()
    try:
        site = web.TCPSite(served, "127.0.0.1", 0)
        await site.start()
        host, port = served.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await served.cleanup()


async def test_a_stream_holds_nothing_of_the_page_that_its_connection_had_before() -> None:
    connections = set()
    answers: list[web.Response] = []

    async def page(request: web.Request) -> web.Response:
        connections.add(request.transport)
        answers.append(web.Response(body=PAGE))
        return answers[0]

    async def stream(request: web.Request) -> web.StreamResponse:
        connections.add(request.transport)
        response = web.StreamResponse()
        await response.prepare(request)
        held = b"yes" if answers[0].body else b"no"
        await response.write(held)
        return response

    app = web.Application()
    app.router.add_get("/page", page)
    app.router.add_get("/stream", stream)
    async with _served(app) as url, aiohttp.ClientSession() as client:
        async with client.get(f"{url}/page") as answer:
            assert await answer.read() == PAGE
        async with client.get(f"{url}/stream") as answer:
            held = await answer.read()
    assert len(connections) == 1
    assert held == b"no"

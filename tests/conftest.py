"""What tests of every kind start with: Redis, the whole site in this process, and a browser."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses, core

from common.telemetry.coalesced import deal_with_all
from harness.browser_like import Browser
from harness.redis_server import RedisServer
from harness.sandbox_control import SandboxControl
from harness.site import Site, run_site

MakeSite = Callable[..., Awaitable[Site]]


class _Response(aiohttp.ClientResponse):
    """aiohttp 3.14 wants a stream writer, and aioresponses 0.7.9 does not know of it yet."""

    def __init__(self, *args: Any, stream_writer: Any = None, **kwargs: Any) -> None:
        kwargs["writer"] = kwargs["writer"] or _Sent()
        super().__init__(*args, stream_writer=stream_writer, **kwargs)


class _Sent:
    """A request that was sent long ago."""

    def add_done_callback(self, _: object) -> None: ...

    def remove_done_callback(self, _: object) -> None: ...

    def cancel(self) -> None: ...

    def done(self) -> bool:
        return True


def pytest_collection_finish() -> None:
    """What was collected stays: looking through it for garbage held each test up for half a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def lines_of_its_own() -> Iterator[None]:
    """What a test has left to be logged and counted a moment later is no other test's."""
    yield
    deal_with_all()


@pytest.fixture
def webex(monkeypatch: pytest.MonkeyPatch) -> Iterator[aioresponses]:
    """Answers in Webex's place; requests to loopback addresses go through."""
    monkeypatch.setattr(core, "ClientResponse", _Response)
    with aioresponses(passthrough=["http://127.0.0.1"]) as answers:
        yield answers


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def redis_server(shared_redis: RedisServer) -> RedisServer:
    """A real Redis, empty, with production's users."""
    shared_redis.reset()
    return shared_redis


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis for one test, which may stop, kill or freeze it."""
    server = RedisServer(durable=True)
    server.start()
    yield server
    server.remove()


@pytest.fixture
async def make_site(redis_server: RedisServer) -> AsyncIterator[MakeSite]:
    """Make sites with other settings (variables by name) or more replicas of both services."""
    async with AsyncExitStack() as stack:

        async def make(
            *, redis: RedisServer = redis_server, replicas: int = 1, **environment: str
        ) -> Site:
            return await stack.enter_async_context(
                run_site(redis, replicas=replicas, **environment)
            )

        yield make


@pytest.fixture
async def site(make_site: MakeSite) -> Site:
    """The site with default settings: one replica of each service, and the sandbox."""
    return await make_site()


@pytest.fixture
def sandbox(site: Site) -> SandboxControl:
    return site.sandbox


@pytest.fixture
async def browser(site: Site) -> Browser:
    return await site.browser()

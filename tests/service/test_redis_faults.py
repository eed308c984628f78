"""Redis stopped, killed, frozen, read-only, full: 503 for a while, nobody signed out, well again alone."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from common.store import access as redis_access
from harness.browser_like import Answer, Browser
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.sandbox_control import EXCHANGE
from harness.site import Site
from tests.conftest import MakeSite
from tests.steady_load import steady_load

NOWHERE = ("127.0.0.1", 1)


@pytest.fixture
async def site(make_site: MakeSite, own_redis: RedisServer) -> Site:
    return await make_site(redis=own_redis)


@pytest.fixture
async def ada(site: Site) -> Browser:
    browser = await site.browser()
    await browser.sign_in()
    assert (await browser.get("/api/me")).status == 200
    return browser


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def ready(http: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    async with http.get(f"{url}/readyz") as answer:
        return answer.status, (await answer.text()).strip()


def changes(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines about the condition of Redis, of one replica of one service."""
    return [r.getMessage() for r in caplog.records if r.name == "common.store.access"]


def is_later(answer: Answer) -> bool:
    """Whether it says: not now, nothing is lost."""
    return answer.status == 503 and answer.headers["Retry-After"] == "2" and not answer.cookies


def stop(redis: RedisServer) -> None:
    redis.stop()


def kill(redis: RedisServer) -> None:
    redis.kill()


def freeze(redis: RedisServer) -> None:
    redis.freeze()


def start(redis: RedisServer) -> None:
    redis.start()


def thaw(redis: RedisServer) -> None:
    redis.thaw()


Act = Callable[[RedisServer], None]


BREAKS = pytest.mark.parametrize(
    ("breaks", "mends"),
    [(stop, start), (kill, start), (freeze, thaw)],
    ids=lambda act: act.__name__,
)


@BREAKS
async def test_while_redis_is_gone_everybody_is_asked_to_wait_and_stays_signed_in(
    ada: Browser, own_redis: RedisServer, breaks: Act, mends: Act
) -> None:
    breaks(own_redis)
    for path in ("/", "/api/me", "/sessions"):
        assert is_later(await ada.get(path))
    mends(own_redis)
    assert (await ada.get("/api/me")).json()["displayName"] == "Ada Lovelace"


@BREAKS
async def test_under_load_nobody_is_signed_out_and_all_is_well_again_by_itself(
    site: Site, own_redis: RedisServer, breaks: Act, mends: Act
) -> None:
    browsers = [await site.browser() for _ in range(10)]
    for browser in browsers:
        await browser.sign_in()
    async with steady_load(browsers, "/api/me") as load:
        await load.some(200, count=100)
        breaks(own_redis)
        await load.some(503)
        mends(own_redis)
        await load.some(200, count=100)
    assert load.only_well_or_later, load.statuses


@BREAKS
async def test_the_log_says_once_that_redis_is_gone_and_once_that_it_is_back(
    ada: Browser,
    own_redis: RedisServer,
    caplog: pytest.LogCaptureFixture,
    breaks: Act,
    mends: Act,
) -> None:
    caplog.set_level(logging.INFO, "common.store.access")
    breaks(own_redis)
    await asyncio.gather(*(ada.get("/api/me") for _ in range(20)))
    await ada.get("/api/me")
    mends(own_redis)

    async def back() -> bool:
        await ada.get("/api/me")
        return len(changes(caplog)) > 1

    await eventually(back)
    await asyncio.gather(*(ada.get("/api/me") for _ in range(20)))
    assert changes(caplog) == ["redis_unavailable", "redis_available"]


@BREAKS
async def test_readiness_says_whether_redis_is_there(
    site: Site,
    http: aiohttp.ClientSession,
    own_redis: RedisServer,
    breaks: Act,
    mends: Act,
) -> None:
    urls = (*site.auth_urls, *site.app_urls)
    assert [await ready(http, url) for url in urls] == [(200, "ready")] * 2
    breaks(own_redis)
    assert [await ready(http, url) for url in urls] == [(503, "Redis does not answer")] * 2
    mends(own_redis)
    assert [await ready(http, url) for url in urls] == [(200, "ready")] * 2


async def test_connections_that_redis_closes_cost_nobody_a_page(
    site: Site, own_redis: RedisServer
) -> None:
    browsers = [await site.browser() for _ in range(10)]
    for browser in browsers:
        await browser.sign_in()
    async with steady_load(browsers, "/api/me") as load:
        for _ in range(20):
            own_redis.client.client_kill_filter(_type="normal", skipme=True)
            await load.some(200)
    assert set(load.statuses) == {200}, load.statuses


async def test_a_read_only_redis_shows_pages_and_takes_no_sign_in(
    site: Site, ada: Browser, http: aiohttp.ClientSession, own_redis: RedisServer
) -> None:
    grace = await site.browser()
    callback = await grace.at_webex((await grace.start()).location, "grace@example.com")
    own_redis.client.replicaof(*NOWHERE)
    assert (await ada.get("/api/me")).status == 200
    assert (await ada.get("/sessions")).status == 200
    assert is_later(await grace.get(callback))
    assert await site.sandbox.calls(EXCHANGE) == 1
    assert await ready(http, site.app_urls[0]) == (200, "ready, but Redis refuses writes")
    assert await ready(http, site.auth_urls[0]) == (503, "Redis refuses writes")
    own_redis.client.replicaof("NO", "ONE")
    assert (await grace.get(callback)).status == 303
    assert (await grace.get("/api/me")).json()["displayName"] == "Grace Hopper"


async def test_a_full_redis_shows_pages_signs_out_and_takes_no_sign_in(
    site: Site, ada: Browser, http: aiohttp.ClientSession, own_redis: RedisServer
) -> None:
    other, grace = await site.browser(), await site.browser()
    await other.sign_in()
    callback = await grace.at_webex((await grace.start()).location, "grace@example.com")
    own_redis.client.config_set("maxmemory", 1)
    assert (await ada.get("/api/me")).status == 200
    assert is_later(await grace.get(callback))
    assert await ready(http, site.auth_urls[0]) == (503, "Redis refuses writes")
    assert (await other.post("/logout")).status == 303
    assert (await other.get("/api/me")).status == 401
    own_redis.client.config_set("maxmemory", 0)
    assert (await grace.get(callback)).status == 303


async def test_a_full_redis_is_one_line_in_the_log_however_often_it_answers(
    site: Site,
    ada: Browser,
    own_redis: RedisServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reads succeed and writes fail in turn, and the condition is looked at again all the time."""
    caplog.set_level(logging.INFO, "common.store.access")
    monkeypatch.setattr(redis_access, "PROBE_SECONDS", 0.01)
    own_redis.client.config_set("maxmemory", 1)
    grace = await site.browser()
    for _ in range(20):
        assert is_later(await grace.sign_in())
        assert (await ada.get("/sessions")).status == 200
    own_redis.client.config_set("maxmemory", 0)

    async def back() -> bool:
        return len(changes(caplog)) > 1

    await eventually(back)
    assert changes(caplog) == ["redis_refuses_writes", "redis_available"]


async def test_a_service_starts_without_redis_and_works_when_it_comes(
    make_site: MakeSite, own_redis: RedisServer, http: aiohttp.ClientSession
) -> None:
    own_redis.stop()
    site = await make_site(redis=own_redis)
    browser = await site.browser()
    assert (await browser.get("/")).status == 200
    assert (await ready(http, site.app_urls[0]))[0] == 503
    own_redis.start()
    assert (await browser.sign_in()).status == 303
    assert (await browser.get("/api/me")).status == 200

"""Redis paused, killed and restarted behind the real door, while people ask without a pause."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from harness.browser_like import Browser
from harness.stack import Process, Stack
from tests.steady_load import steady_load


@pytest.fixture(scope="module")
def breakable() -> Iterator[Stack]:
    with Stack(
        auth_services=2, app_services=2, SIGN_IN_RATE="500r/s", SIGN_IN_BURST="500"
    ) as running:
        yield running


@pytest.fixture
async def people(breakable: Stack) -> AsyncIterator[list[Browser]]:
    async with AsyncExitStack() as opened:
        browsers = [
            await opened.enter_async_context(Browser(breakable.url, lambda _: breakable.url))
            for _ in range(10)
        ]
        for browser in browsers:
            assert (await browser.sign_in()).status == 303
        yield browsers


@pytest.mark.parametrize(
    ("breaks", "mends"),
    [
        (Process.pause, Process.resume),
        (Process.kill, Process.start),
        (Process.stop, Process.start),
    ],
    ids=["paused", "killed", "restarted"],
)
async def test_redis_away_is_a_moments_patience_and_nobodys_sign_out(
    breakable: Stack, people: list[Browser], breaks: object, mends: object
) -> None:
    redis = breakable.process("redis")
    cookies = [dict(browser.cookies) for browser in people]
    async with steady_load(people, "/api/me") as load:
        await load.some(200, count=100)
        await asyncio.to_thread(breaks, redis)  # type: ignore[arg-type]
        await load.some(503)
        await asyncio.to_thread(mends, redis)  # type: ignore[arg-type]
        await load.some(200, count=100)
    assert load.only_well_or_later, load.statuses
    assert [browser.cookies for browser in people] == cookies
    breakable.wait_until_ready()
    for browser in people:
        assert (await browser.get("/api/me")).status == 200


async def test_connections_that_redis_closes_cost_nobody_a_page(
    breakable: Stack, people: list[Browser]
) -> None:
    async with (
        Redis.from_url(breakable.redis) as admin,
        steady_load(people, "/api/me") as load,
    ):
        for _ in range(10):
            await admin.client_kill_filter(_type="normal", skipme=True)
            await load.some(200)
    assert set(load.statuses) == {200}, load.statuses

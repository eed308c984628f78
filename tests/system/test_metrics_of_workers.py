"""/metrics with several workers: whoever answers the scrape tells of all of them."""

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from harness.browser_like import Browser
from harness.eventually import eventually
from harness.stack import Stack
from tests.scraped import scrape
from tests.system.unwatched_service import UnwatchedService

REQUESTS = 40
LABELS = {"method": "GET", "route": "/api/me", "status": "401"}


@pytest.fixture(scope="module")
def workers() -> Iterator[Stack]:
    with Stack(WEB_CONCURRENCY="3", SIGN_IN_RATE="500r/s") as running:
        yield running


@pytest.fixture(scope="module")
def url_of_workers(workers: Stack) -> str:
    return workers.service_url("app_service")


@pytest.fixture(scope="module")
def url_of_workers_that_share() -> Iterator[str]:
    """They share an application that was made before the fork (common.web.gunicorn)."""
    with UnwatchedService(3) as running:
        yield running.url


@pytest.fixture
async def visitor(workers: Stack) -> AsyncIterator[Browser]:
    async with Browser(workers.url, lambda _: workers.url) as opened:
        yield opened


async def ask(url: str, times: int) -> None:
    """Each time on a new connection, so that every worker gets its share."""
    for _ in range(times):
        async with aiohttp.ClientSession() as http, http.get(f"{url}/api/me") as answer:
            assert answer.status == 401


@pytest.mark.parametrize("where", ["url_of_workers", "url_of_workers_that_share"])
async def test_every_scrape_tells_of_all_workers(
    where: str, request: pytest.FixtureRequest
) -> None:
    url: str = request.getfixturevalue(where)

    async def counted() -> float:
        return (await scrape(url)).value("http_requests_total", **LABELS)

    before = await counted()
    await ask(url, REQUESTS)

    async def all_counted() -> bool:
        return await counted() - before >= REQUESTS

    # A request is counted when its answer is on its way.
    await eventually(all_counted)
    assert {await counted() - before for _ in range(10)} == {REQUESTS}


async def test_a_stream_is_counted_while_it_is_open(workers: Stack, visitor: Browser) -> None:
    url = workers.service_url("app_service")
    await visitor.sign_in()
    scope = "spark:rooms_read spark:memberships_read spark:messages_read spark:messages_write"
    await visitor.sign_in(scope=f"{scope} spark:kms")
    await visitor.visit("/widget")

    async def viewers() -> float:
        return (await scrape(url)).value("live_viewers")

    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    async with aiohttp.ClientSession() as http:
        stream = await http.get(f"{url}/api/space/events", headers={"Cookie": cookie})
        assert stream.status == 200, await stream.text()
        # The answer's head comes before the stream is open, its first event after.
        assert await stream.content.readline()
        assert await viewers() == 1
        stream.close()

        async def nobody() -> bool:
            return await viewers() == 0

        await eventually(nobody)


async def test_metrics_are_not_for_the_outside(visitor: Browser) -> None:
    for path in ("/metrics", "//metrics", "/metrics/", "/%6detrics"):
        assert (await visitor.get(path)).status == 404

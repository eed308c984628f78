"""/metrics counts what happened, and has no label that came from outside.

All replicas of a site in one process count together, and so do all tests: what counts is the growth.
"""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from harness.browser_like import Browser
from harness.redis_server import RedisServer
from harness.sandbox_control import EXCHANGE, PEOPLE_ME, SandboxControl
from harness.site import Site
from tests.conftest import MakeSite
from tests.member import Member
from tests.scraped import scrape

CANARY = "canary5d0c"


async def growth(
    site: Site, act: Callable[[], Awaitable[object]], name: str, **labels: str
) -> float:
    before = await scrape(site.app_urls[0])
    await act()
    return (await scrape(site.app_urls[0])).value(name, **labels) - before.value(name, **labels)


async def test_a_sign_in_is_counted_at_its_start_and_at_its_end(
    site: Site, browser: Browser
) -> None:
    before = await scrape(site.auth_urls[0])
    await browser.sign_in()
    after = await scrape(site.auth_urls[0])
    for name, labels in (
        ("oauth_sign_ins_started_total", {}),
        ("oauth_sign_ins_total", {"outcome": "signed_in"}),
        ("webex_request_seconds_count", {"endpoint": "access_token", "outcome": "2xx"}),
    ):
        assert after.value(name, **labels) - before.value(name, **labels) == 1, name


async def test_a_sign_in_that_fails_is_counted_by_the_failures_own_name(
    site: Site, browser: Browser, sandbox: SandboxControl
) -> None:
    async def declined() -> None:
        start = await browser.start()
        await browser.get(await browser.at_webex(start.location, decision="decline"))

    async def refused() -> None:
        await sandbox.fault(EXCHANGE, status=401)
        await browser.sign_in()

    async def nobodys() -> None:
        browser.cookies.clear()
        await browser.get(f"/oauth?code={CANARY}&state={CANARY}")

    for act, outcome in (
        (declined, "declined"),
        (refused, "exchange_401"),
        (nobodys, "cookies_blocked"),
    ):
        assert await growth(site, act, "oauth_sign_ins_total", outcome=outcome) == 1, outcome


async def test_a_refresh_is_counted_once_however_many_wait_for_it(
    site: Site, browser: Browser, sandbox: SandboxControl
) -> None:
    await browser.sign_in()
    await sandbox.policy(refresh_mode="rotating")
    await sandbox.expire_tokens(access=True)
    await sandbox.forget_calls()

    async def renewed() -> None:
        answers = await asyncio.gather(*(browser.get("/api/me") for _ in range(10)))
        assert {answer.status for answer in answers} == {200}

    assert await growth(site, renewed, "oauth_refreshes_total", outcome="renewed") == 1
    assert await sandbox.calls(EXCHANGE) == 1


async def test_session_reads_tell_found_from_absent(site: Site, browser: Browser) -> None:
    await browser.sign_in()

    async def read() -> None:
        await browser.get("/api/me")

    assert await growth(site, read, "session_reads_total", result="found") == 1
    browser.cookies = {
        name: f"1.{'A' * 64}" if name == browser.session_name else value
        for name, value in browser.cookies.items()
    }
    assert await growth(site, read, "session_reads_total", result="absent") == 1


async def test_a_redis_that_does_not_answer_is_counted(
    make_site: MakeSite, own_redis: RedisServer
) -> None:
    site = await make_site(redis=own_redis)
    browser = await site.browser()
    await browser.sign_in()
    own_redis.stop()

    async def read() -> None:
        assert (await browser.get("/api/me")).status == 503

    assert await growth(site, read, "redis_failures_total") >= 1


async def test_webex_that_refuses_is_counted_by_endpoint_and_outcome(
    site: Site, browser: Browser, sandbox: SandboxControl
) -> None:
    await browser.sign_in()
    await sandbox.fault(PEOPLE_ME, status=429)

    async def read() -> None:
        await browser.get("/api/me")

    name, labels = "webex_request_seconds_count", {"endpoint": "people", "outcome": "429"}
    assert await growth(site, read, name, **labels) >= 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [({}, "2xx"), ({"status": 423}, "4xx"), ({"cut": "before"}, "WebexUnreachable")],
)
async def test_a_file_that_is_fetched_is_counted_like_every_request_to_webex(
    site: Site, fault: dict[str, object], outcome: str
) -> None:
    ada = await Member.enter(site)
    message_id = await site.sandbox.say("look", file_name="a.txt", file_text="a")
    if fault:
        await site.sandbox.fault("GET /v1/contents/{content_id}", **fault)

    async def fetched() -> None:
        await ada.browser.get(f"/widget/files/{message_id}/0")

    labels = {"endpoint": "contents", "outcome": outcome}
    # At times Webex is asked for the file's name as well.
    assert await growth(site, fetched, "webex_request_seconds_count", **labels) >= 1


async def test_requests_are_counted_by_route_and_status(site: Site, browser: Browser) -> None:
    async def ask() -> None:
        await browser.get("/api/me")

    labels = {"method": "GET", "route": "/api/me", "status": "401"}
    assert await growth(site, ask, "http_requests_total", **labels) == 1
    assert await growth(site, ask, "http_request_seconds_count", route="/api/me") == 1


async def test_nothing_from_outside_becomes_a_label(site: Site, browser: Browser) -> None:
    for path in (f"/{CANARY}", f"/oauth?error={CANARY}", f"/api/space/messages/{CANARY}"):
        await browser.get(path, User_Agent=CANARY, X_Request_Id=CANARY)
    async with aiohttp.ClientSession() as http:
        await (await http.request(CANARY.upper(), site.app_urls[0])).read()
    scraped = await scrape(site.app_urls[0])
    assert CANARY not in scraped.text.lower()
    assert {"none", "/api/me"} <= scraped.labels("route")


async def test_what_an_alert_watches_is_there_before_it_happens(site: Site) -> None:
    scraped = await scrape(site.auth_urls[0])
    assert {"exchange_401", "refresh_misconfigured"} <= scraped.labels("outcome")
    assert ("unforeseen_failures_total", frozenset()) in scraped.samples


async def test_scrapes_and_health_checks_do_not_count_as_requests(site: Site) -> None:
    async def nothing() -> None:
        await scrape(site.app_urls[0])

    assert await growth(site, nothing, "http_requests_total") == 0

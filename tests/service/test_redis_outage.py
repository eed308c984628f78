"""Redis away in the middle of what a person does: wait a moment, lose nothing, go on where it was."""

import pytest

from harness.browser_like import Browser
from harness.redis_server import RedisServer
from harness.sandbox_control import EXCHANGE, REVOKE
from harness.site import Site
from tests.conftest import MakeSite
from tests.failure_answers import failure_page, problem

TITLE = "Sessions cannot be read right now"


@pytest.fixture
async def fragile_site(make_site: MakeSite, own_redis: RedisServer) -> Site:
    return await make_site(redis=own_redis)


@pytest.fixture
async def signed_in(fragile_site: Site) -> Browser:
    browser = await fragile_site.browser()
    await browser.sign_in()
    return browser


async def test_a_signed_in_person_is_asked_to_wait_and_keeps_the_cookie(
    signed_in: Browser, own_redis: RedisServer
) -> None:
    cookies = dict(signed_in.cookies)
    own_redis.stop()
    page = await signed_in.get("/")
    failure_page(page, 503, TITLE)
    program = await signed_in.get("/api/me")
    problem(program, 503, "store_unavailable")
    for answer in (page, program):
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.cookies == []
    assert signed_in.cookies == cookies
    own_redis.start()
    assert (await signed_in.get("/api/me")).status == 200


async def test_a_frozen_redis_is_not_waited_for(signed_in: Browser, own_redis: RedisServer) -> None:
    own_redis.freeze()
    failure_page(await signed_in.get("/"), 503, TITLE)
    own_redis.thaw()
    assert (await signed_in.get("/api/me")).status == 200


async def test_who_is_not_signed_in_does_not_notice(
    fragile_site: Site, own_redis: RedisServer
) -> None:
    browser = await fragile_site.browser()
    own_redis.stop()
    assert (await browser.get("/")).status == 200
    assert (await browser.start()).status == 302


async def test_a_callback_can_be_loaded_again_when_redis_is_back(
    fragile_site: Site, own_redis: RedisServer
) -> None:
    browser = await fragile_site.browser()
    start = await browser.start(next_path="/spaces")
    callback = await browser.at_webex(start.location)
    own_redis.stop()
    answer = await browser.get(callback)
    page = failure_page(answer, 503, TITLE)
    assert page.way_on[1] == "/login?next=%2Fspaces"
    assert answer.cookies == []
    assert await fragile_site.sandbox.calls(EXCHANGE) == 0
    own_redis.start()
    assert (await browser.get(callback)).location == f"{browser.public_url}/spaces"


async def test_a_sign_out_that_cannot_be_done_is_not_pretended(
    signed_in: Browser, own_redis: RedisServer, fragile_site: Site
) -> None:
    own_redis.stop()
    answer = await signed_in.post("/logout")
    failure_page(answer, 503, TITLE)
    assert answer.cookies == []
    assert await fragile_site.sandbox.calls(REVOKE) == 0
    own_redis.start()
    assert (await signed_in.post("/logout")).status == 303
    assert signed_in.session_cookie is None


async def test_a_session_survives_a_redis_that_was_killed(
    signed_in: Browser, own_redis: RedisServer
) -> None:
    own_redis.kill()
    failure_page(await signed_in.get("/"), 503, TITLE)
    own_redis.start()
    assert (await signed_in.get("/api/me")).status == 200

"""Redis away in the middle of what a person does: wait a moment, lose nothing, go on where it was."""

import pytest

from auth_service.sign_in.unfinished import UnfinishedSignOuts
from harness.browser_like import Browser
from harness.eventually import eventually
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


UNFINISHED = "You are signed out of this browser, and nowhere else yet"


async def test_a_sign_out_that_the_store_does_not_let_happen_says_so_and_is_finished(
    signed_in: Browser, own_redis: RedisServer, fragile_site: Site
) -> None:
    own_redis.stop()
    answer = await signed_in.post("/logout")
    failure_page(answer, 503, UNFINISHED)
    assert "Webex could not be told yet" in answer.page.text
    assert signed_in.session_cookie is None
    assert await fragile_site.sandbox.calls(REVOKE) == 0
    own_redis.start()

    # The replica that answered tries again by itself.
    async def has_ended() -> bool:
        return own_redis.keys("session:*") == [] and await fragile_site.sandbox.calls(REVOKE) == 2

    await eventually(has_ended)


@pytest.mark.parametrize("visit", ["/", "/widget", "/login"])
async def test_whatever_replica_the_browser_meets_next_finishes_its_sign_out(
    signed_in: Browser,
    own_redis: RedisServer,
    fragile_site: Site,
    monkeypatch: pytest.MonkeyPatch,
    visit: str,
) -> None:
    # The replica that answered is gone, and its memory with it.
    monkeypatch.setattr(UnfinishedSignOuts, "keep", lambda *_: None)
    own_redis.stop()
    failure_page(await signed_in.post("/logout"), 503, UNFINISHED)
    own_redis.start()
    assert own_redis.keys("session:*") != []
    await signed_in.get(visit)

    async def has_ended() -> bool:
        return own_redis.keys("session:*") == [] and await fragile_site.sandbox.calls(REVOKE) == 2

    await eventually(has_ended)


async def test_the_wish_is_forgotten_when_it_is_done(
    signed_in: Browser, own_redis: RedisServer
) -> None:
    own_redis.stop()
    await signed_in.post("/logout")
    assert any(name.startswith("signout") for name in signed_in.cookies)
    own_redis.start()
    await signed_in.get("/login")
    assert not any(name.startswith("signout") for name in signed_in.cookies)


async def test_a_page_that_is_fetched_in_advance_leaves_the_wish_to_the_page_that_is_seen(
    signed_in: Browser, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UnfinishedSignOuts, "keep", lambda *_: None)
    own_redis.stop()
    await signed_in.post("/logout")
    own_redis.start()
    await signed_in.get("/login", Sec_Purpose="prefetch")
    assert own_redis.keys("session:*") != []
    await signed_in.get("/login")
    assert own_redis.keys("session:*") == []


async def test_a_made_up_wish_ends_nothing(signed_in: Browser, fragile_site: Site) -> None:
    name = signed_in.session_name.replace("session", "signout")
    for value in ("", "rubbish", signed_in.session_cookie or "", "A" * 200):
        signed_in.cookies[name] = value
        await signed_in.get("/login")
        assert (await signed_in.get("/api/me")).status == 200
    assert await fragile_site.sandbox.calls(REVOKE) == 0


@pytest.mark.parametrize(
    "refusal",
    [("min-replicas-to-write", "1"), ("maxmemory", "1")],
    ids=["NOREPLICAS", "OOM"],
)
async def test_a_store_that_only_refuses_writes_lets_webex_be_told_at_once(
    signed_in: Browser, own_redis: RedisServer, fragile_site: Site, refusal: tuple[str, str]
) -> None:
    own_redis.client.config_set(*refusal)
    answer = await signed_in.post("/logout")
    assert signed_in.session_cookie is None

    async def is_revoked() -> bool:
        return await fragile_site.sandbox.calls(REVOKE) == 2

    await eventually(is_revoked)
    if answer.status != 303:  # a full store lets keys be deleted
        failure_page(answer, 503, UNFINISHED)
        assert "Webex was asked to end its access" in answer.page.text
    own_redis.client.config_set(refusal[0], "0")

    async def has_ended() -> bool:
        return own_redis.keys("session:*") == []

    await eventually(has_ended)


async def test_ending_other_sessions_that_cannot_be_ended_says_that_they_go_on(
    signed_in: Browser, own_redis: RedisServer, fragile_site: Site
) -> None:
    other = await fragile_site.browser()
    await other.sign_in()
    own_redis.client.config_set("min-replicas-to-write", "1")
    answer = await signed_in.post("/sessions/end", {"session": "others"})
    failure_page(answer, 503, "Nothing has ended yet")
    own_redis.client.config_set("min-replicas-to-write", "0")
    assert (await other.get("/api/me")).status == 200


async def test_a_session_survives_a_redis_that_was_killed(
    signed_in: Browser, own_redis: RedisServer
) -> None:
    own_redis.kill()
    failure_page(await signed_in.get("/"), 503, TITLE)
    own_redis.start()
    assert (await signed_in.get("/api/me")).status == 200

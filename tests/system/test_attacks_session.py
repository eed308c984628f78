"""Attacks on the session through the real door, with two replicas of each service behind it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from redis.asyncio import Redis

from common.sealing import Sealer
from common.ticket import Ticket
from tests.browser_like import Browser
from tests.eventually import eventually
from tests.stack import Stack
from tests.steady_load import steady_load

SIGN_INS = 1000
NewBrowser = Callable[[], Awaitable[Browser]]
NEXT_KEY = "insecure-next-key-of-the-tests-0123456789"


@pytest.fixture
async def new_browser(stack: Stack) -> AsyncIterator[NewBrowser]:
    async with AsyncExitStack() as opened:

        async def open_one() -> Browser:
            return await opened.enter_async_context(Browser(stack.url, lambda _: stack.url))

        yield open_one


async def statuses(browser: Browser, count: int = 6) -> set[int]:
    """What several requests in a row are answered, so that every replica is asked."""
    return {(await browser.get("/api/me")).status for _ in range(count)}


async def test_a_session_made_on_one_replica_is_there_on_the_other_every_single_time(
    stack: Stack, new_browser: NewBrowser
) -> None:
    replicas = [stack.service_url("app_service", number) for number in (1, 2)]

    async def sign_in_and_look(browser: Browser) -> None:
        for _ in range(SIGN_INS // 10):
            assert (await browser.sign_in()).status == 303
            for replica in replicas:
                browser.route = lambda _, replica=replica: replica  # type: ignore[misc]
                assert (await browser.get("/api/me")).status == 200
            browser.route = lambda _: stack.url

    await asyncio.gather(*[sign_in_and_look(await new_browser()) for _ in range(10)])


async def test_a_planted_cookie_never_becomes_the_victims_session(
    new_browser: NewBrowser,
) -> None:
    attacker, victim = await new_browser(), await new_browser()
    await attacker.sign_in("grace@example.com")
    signed_out = await new_browser()
    await signed_out.sign_in("grace@example.com")
    dead = str(signed_out.session_cookie)
    await signed_out.post("/logout")
    for planted in (str(attacker.session_cookie), dead, Ticket.new().cookie):
        victim.cookies = {"session": planted}
        assert (await victim.sign_in("ada@example.com")).status == 303
        assert victim.session_cookie != planted
        assert (await victim.get("/api/me")).json()["displayName"] == "Ada Lovelace"
        attacker.cookies = {"session": planted}
        assert await statuses(attacker) == {401}


async def test_a_changed_cookie_is_signed_out_and_never_an_error(new_browser: NewBrowser) -> None:
    browser = await new_browser()
    await browser.sign_in()
    cookie = str(browser.session_cookie)
    other = await new_browser()
    await other.sign_in("grace@example.com")
    changed = [
        cookie[:place] + ("A" if cookie[place] != "A" else "B") + cookie[place + 1 :]
        for place in range(len(cookie))
    ]
    halves = cookie[:30] + str(other.session_cookie)[30:]
    for value in (*changed, halves, cookie[:-1], cookie + "A", "2" + cookie[1:], "session:*"):
        browser.cookies = {"session": value}
        assert (await browser.get("/api/me")).status == 401, value
    browser.cookies = {"session": cookie}
    assert await statuses(browser) == {200}


async def test_anonymous_requests_cost_redis_nothing(stack: Stack, new_browser: NewBrowser) -> None:
    async with Redis.from_url(stack.redis) as redis:
        browser = await new_browser()
        before = await redis.info("commandstats")
        for path in ("/", "/api/me", "/sessions", "/spaces", "/nowhere", "/login"):
            await browser.get(path)
            browser.cookies.clear()
        after = await redis.info("commandstats")
    for command in ("get", "mget", "set", "hgetall", "expire", "del"):
        name = f"cmdstat_{command}"
        assert after.get(name, {}).get("calls") == before.get(name, {}).get("calls"), command


async def test_ending_all_others_is_felt_on_every_replica_at_once(
    new_browser: NewBrowser,
) -> None:
    others, this = [await new_browser() for _ in range(3)], await new_browser()
    for browser in (*others, this):
        await browser.sign_in("alan@example.com")
    assert (await this.post("/sessions/end", {"session": "others"})).status == 303
    assert [await statuses(browser) for browser in others] == [{401}] * 3
    assert await statuses(this) == {200}


@pytest.mark.parametrize("path", ["/logout", "/sessions/end"])
async def test_another_sites_forms_and_links_end_nothing(
    new_browser: NewBrowser, path: str
) -> None:
    browser, other = await new_browser(), await new_browser()
    for each in (browser, other):
        await each.sign_in()
    for site in ("cross-site", "same-site"):
        answer = await browser.post(path, {"session": "others"}, Sec_Fetch_Site=site)
        assert answer.status == 403
    assert (await browser.get(path)).status in (404, 405)
    assert await statuses(browser) == await statuses(other) == {200}


async def test_keys_rotate_under_use_and_nobody_is_signed_out() -> None:
    """k1, then k2 before k1, then k2 alone: replica after replica, while people go on."""
    with Stack(auth_services=2, app_services=2) as stack:
        keys = stack.folder / "secrets" / "session_keys"
        first = keys.read_text(encoding="ascii").strip()
        async with Redis.from_url(stack.redis) as redis, AsyncExitStack() as opened:
            people = [
                await opened.enter_async_context(Browser(stack.url, lambda _: stack.url))
                for _ in range(4)
            ]
            for person in people:
                await person.sign_in()
            async with steady_load(people, "/api/me") as load:
                for value in (f"{NEXT_KEY} {first}", NEXT_KEY):
                    keys.write_text(value, encoding="ascii")
                    for name in ("auth_service", "app_service", "auth_service.2", "app_service.2"):
                        await asyncio.to_thread(stack.process(name).restart)
                        await asyncio.to_thread(stack.wait_for, name)
                    await load.some(200, count=50)
                    await eventually(lambda: _all_sealed_under(redis, NEXT_KEY))
            # Between two replicas one of which knows the new key, the other asks for patience.
            assert load.only_well_or_later, load.statuses
            assert [await statuses(person) for person in people] == [{200}] * len(people)


async def _all_sealed_under(redis: Redis, key: str) -> bool:
    outdated = Sealer([key]).is_outdated
    records: list[Any] = [await redis.get(name) async for name in redis.scan_iter("session:*")]
    return not any(outdated(record) for record in records)

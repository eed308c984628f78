"""Attacks on the session through the real door, with two replicas of each service behind it."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from common.sessions.keys import session_key
from common.sessions.reader import PURPOSE
from common.sessions.record import Session
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.stack import Stack
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
        victim.cookies = {victim.session_name: planted}
        assert (await victim.sign_in("ada@example.com")).status == 303
        assert victim.session_cookie != planted
        assert (await victim.get("/api/me")).json()["displayName"] == "Ada Lovelace"
        attacker.cookies = {attacker.session_name: planted}
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
        browser.cookies = {browser.session_name: value}
        assert (await browser.get("/api/me")).status == 401, value
    browser.cookies = {browser.session_name: cookie}
    assert await statuses(browser) == {200}


async def test_anonymous_requests_cost_redis_nothing(stack: Stack, new_browser: NewBrowser) -> None:
    async with Redis.from_url(stack.redis) as redis:
        browser = await new_browser()
        before = await redis.info("commandstats")
        for path in ("/", "/api/me", "/sessions", "/spaces", "/nowhere", "/login"):
            await browser.get(path)
            browser.cookies.clear()
        after = await redis.info("commandstats")
    for command in ("get", "mget", "set", "eval", "pexpireat", "del"):
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


async def command(stack: Stack, *arguments: str) -> tuple[int | None, str]:
    """Run the administrator's command beside the stack, as auth_service is configured there."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auth_service", "sessions", *arguments),
        env={
            **stack.settings,
            "PUBLIC_URL": stack.url,
            "SANDBOX_URL": stack.sandbox_url,
            "SESSION_KEYS": stack.secret("session_keys"),
            "REDIS_URL": stack.redis_as("auth_service"),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


async def test_the_administrators_command_is_felt_on_every_replica_at_once(
    stack: Stack, new_browser: NewBrowser
) -> None:
    browsers = [await new_browser() for _ in range(3)]
    for browser in browsers:
        await browser.sign_in("zoe@example.com")
    person = (await browsers[0].get("/api/me")).json()["id"]
    handle = ticket_of(browsers[0]).handle
    assert await command(stack, "end", person, handle) == (0, "1 session(s) ended\n")
    assert [await statuses(browser) for browser in browsers] == [{401}, {200}, {200}]
    assert (await command(stack, "end", person))[0] == 0
    assert [await statuses(browser) for browser in browsers] == [{401}] * 3
    assert await command(stack, "list", person) == (1, "0 session(s)\n")


async def test_one_of_my_sessions_can_be_ended_from_another(new_browser: NewBrowser) -> None:
    lost, kept, this = [await new_browser() for _ in range(3)]
    for browser in (lost, kept, this):
        await browser.sign_in("alan@example.com")
    form = {"session": ticket_of(lost).handle}
    assert (await this.post("/sessions/end", form)).status == 303
    assert [await statuses(browser) for browser in (lost, kept, this)] == [{401}, {200}, {200}]


def ticket_of(browser: Browser) -> Ticket:
    ticket = Ticket.parse(browser.session_cookie)
    assert ticket is not None
    return ticket


MARK = re.compile(rb"lease:born:|successor:|refreshed:[0-9a-f]+:successor$")


async def left_of(stack: Stack, ticket: Ticket) -> list[bytes]:
    """Keys that carry the session's name, and lists that do.

    But for marks that end by themselves: of ten seconds, that a record was written once, and of two minutes,
    for a refresh under way, that the same person has a new session in its place.
    """
    handle = ticket.handle.encode()
    async with Redis.from_url(stack.redis) as redis:
        found = [key async for key in redis.scan_iter(f"*{ticket.handle}*")]
        keys: list[bytes] = [key for key in found if not MARK.match(key)]
        heads = [key async for key in redis.scan_iter("person:*", _type="ZSET")]
        return keys + [key for key in heads if await redis.zscore(key, handle) is not None]


async def test_the_old_id_is_dead_at_once_after_a_new_sign_in(
    stack: Stack, new_browser: NewBrowser
) -> None:
    browser = await new_browser()
    await browser.sign_in()
    old = str(browser.session_cookie)
    await browser.get("/api/me")
    assert len(await left_of(stack, ticket_of(browser))) == 4
    gone = ticket_of(browser)
    await browser.sign_in()
    assert browser.session_cookie != old
    assert await left_of(stack, gone) == []
    assert await statuses(browser) == {200}
    browser.cookies = {browser.session_name: old}
    assert await statuses(browser) == {401}


async def test_a_signed_out_session_leaves_nothing_in_redis(
    stack: Stack, new_browser: NewBrowser
) -> None:
    browser = await new_browser()
    await browser.sign_in()
    await browser.get("/api/me")
    gone = ticket_of(browser)
    assert (await browser.post("/logout")).status == 303
    assert await left_of(stack, gone) == []


async def test_nothing_of_the_first_person_is_left_when_another_signs_in(
    new_browser: NewBrowser,
) -> None:
    browser = await new_browser()
    await browser.sign_in("ada@example.com")
    await browser.visit("/")
    await browser.sign_in("grace@example.com")
    for path in ("/", "/api/me") * 3:
        answer = await browser.get(path)
        assert "Grace" in answer.text
        assert not any(trace in answer.text for trace in ("Ada", "ada@"))
        assert answer.headers["Cache-Control"] == "no-store"


async def test_the_idle_limit_ends_a_session_at_the_server(
    stack: Stack, new_browser: NewBrowser
) -> None:
    browser = await new_browser()
    await browser.sign_in()
    async with Redis.from_url(stack.redis) as redis:
        key = session_key(ticket_of(browser).handle)
        assert 0 < await redis.ttl(key) <= 8 * 3600
        await redis.pexpire(key, 1)

        async def ended() -> bool:
            return not await redis.exists(key)

        await eventually(ended)
    assert await statuses(browser) == {401}
    assert browser.session_cookie is not None


async def test_the_absolute_limit_ends_a_session_whose_record_is_still_there(
    stack: Stack, new_browser: NewBrowser
) -> None:
    browser = await new_browser()
    await browser.sign_in()
    ticket, sealer = ticket_of(browser), Sealer([stack.secret("session_keys").strip()])
    place = session_key(ticket.handle)
    async with Redis.from_url(stack.redis) as redis:
        record: Any = await redis.get(place)
        plain = sealer.open(record, purpose=PURPOSE, place=place, secret=ticket.secret)
        over = replace(Session.from_bytes(plain), ends_at=int(time.time()) - 1)
        await redis.set(
            place,
            sealer.seal(over.to_bytes(), purpose=PURPOSE, place=place, secret=ticket.secret),
            ex=600,
        )
    assert await statuses(browser) == {401}


async def test_every_cookie_has_its_attributes_through_the_door_and_all_stay_small(
    new_browser: NewBrowser,
) -> None:
    browser = await new_browser()
    start = await browser.start(next_path="/spaces")
    callback = await browser.at_webex(start.location)
    answers = [start, await browser.get(callback)]
    header = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    assert len(header) < 1024
    answers += [await browser.start() for _ in range(7)]
    answers.append(await browser.post("/logout"))
    cookies = [cookie for answer in answers for cookie in answer.cookies]
    assert any(cookie.deletes for cookie in cookies)
    for cookie in cookies:
        assert set(cookie.attributes) == {"httponly", "max-age", "path", "samesite"}
        assert (cookie.attributes["path"], cookie.attributes["samesite"]) == ("/", "Lax")


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

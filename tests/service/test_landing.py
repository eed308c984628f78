"""No session lives on that no browser holds: two tabs at once, answers that never come, or come late."""

import time
from typing import Any

import pytest

from auth_service.sign_in import unconfirmed
from auth_service.sign_in.unconfirmed import CONFIRM_SECONDS, END_SECONDS
from auth_service.sign_in.unfinished import UnfinishedSignOuts
from common.sessions.keys import session_key
from common.sessions.ticket import SECRET_BYTES, Ticket
from harness.browser_like import LANDING, Answer, Browser
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.sandbox_control import REVOKE
from harness.site import Site
from tests.conftest import MakeSite


async def came_back(browser: Browser, email: str = "ada@example.com") -> str:
    """A callback that has not been visited."""
    return await browser.at_webex((await browser.start()).location, email)


async def answered(browser: Browser, callback: str, cookies: dict[str, str]) -> Answer:
    """What a callback is answered that was sent with these cookies; the browser keeps what it sets."""
    kept, browser.cookies, browser.lands = browser.cookies, dict(cookies), False
    answer = await browser.get(callback)
    set_now = {cookie.name: cookie.value for cookie in answer.cookies if not cookie.deletes}
    browser.cookies, browser.lands = kept | set_now, True
    return answer


async def land(browser: Browser, answer: Answer) -> Answer:
    assert answer.location.startswith(browser.public_url + LANDING)
    return await browser.get(answer.location.removeprefix(browser.public_url))


def alive(redis: RedisServer) -> list[str]:
    return redis.keys("session:*")


def held(browser: Browser) -> str:
    ticket = Ticket.parse(browser.session_cookie)
    assert ticket is not None
    return session_key(ticket.handle)


@pytest.mark.parametrize("first_answer_comes_last", [False, True])
async def test_of_two_tabs_that_finish_together_the_session_lives_whose_cookie_the_browser_kept(
    site: Site, browser: Browser, redis_server: RedisServer, *, first_answer_comes_last: bool
) -> None:
    callbacks = [await came_back(browser), await came_back(browser)]
    sent_with = dict(browser.cookies)
    if first_answer_comes_last:
        callbacks.reverse()
    answers = [await answered(browser, callback, sent_with) for callback in callbacks]
    assert len(alive(redis_server)) == 2
    for answer in answers:
        assert (await land(browser, answer)).location == f"{browser.public_url}/"
    assert alive(redis_server) == [held(browser)]
    assert (await browser.get("/api/me")).status == 200
    assert await site.sandbox.calls(REVOKE) == 2
    assert len([name for name in browser.cookies if name.startswith("given-")]) == 1


async def test_a_sign_outs_answer_that_takes_a_newer_sessions_cookie_leaves_no_session(
    site: Site, browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    callback, sent_with = await came_back(browser), dict(browser.cookies)
    # The sign-out was sent before the callback's answer came, and is answered after it.
    browser.cookies, browser.lands = dict(sent_with), False
    signed_out = await browser.post("/logout")
    browser.cookies = dict(sent_with)
    browser.lands = True
    await answered(browser, callback, sent_with)
    assert len(alive(redis_server)) == 1
    for cookie in signed_out.cookies:
        browser.cookies.pop(cookie.name, None)
    assert browser.session_cookie is None
    await land(browser, signed_out)
    assert alive(redis_server) == []
    assert browser.cookies == {}
    assert await site.sandbox.expire_tokens(refresh=True) == 0


async def test_a_session_that_no_browser_shows_in_a_minute_is_over_here_and_at_webex(
    site: Site, browser: Browser, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unconfirmed, "CONFIRM_SECONDS", 0.2)
    await answered(browser, await came_back(browser), browser.cookies)

    async def is_over() -> bool:
        return alive(redis_server) == [] and await site.sandbox.calls(REVOKE) == 2

    await eventually(is_over)
    assert redis_server.keys("person:*") == []
    assert (await browser.get("/api/me")).status == 401
    assert (await browser.sign_in()).status == 303
    assert (await browser.get("/api/me")).status == 200


async def test_if_whoever_made_it_is_gone_its_record_ends_by_itself_in_the_same_moment_as_its_entry(
    browser: Browser, redis_server: RedisServer
) -> None:
    await answered(browser, await came_back(browser), browser.cookies)
    keys = [*alive(redis_server), *redis_server.keys("person:*")]
    assert len(keys) == 3
    ends = {int(str(redis_server.client.pexpiretime(key))) for key in keys}
    assert len(ends) == 1
    left = int(str(redis_server.client.pttl(keys[0])))
    assert left <= 1000 * (CONFIRM_SECONDS + END_SECONDS)


@pytest.mark.parametrize("page", [LANDING, "/", "/api/me"])
async def test_whoever_shows_the_cookie_once_is_signed_in_for_as_long_as_it_is_used(
    make_site: MakeSite,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
) -> None:
    """The landing may be another replica's, and so may the page."""
    monkeypatch.setattr(unconfirmed, "CONFIRM_SECONDS", 0.5)
    site = await make_site(replicas=2)
    browser, later = await site.browser(), await site.browser()
    await answered(browser, await came_back(browser), browser.cookies)
    await browser.get(page)
    assert int(str(redis_server.client.pttl(held(browser)))) > 3_600_000

    # Whatever was begun after it, and shown by nobody, is over by now.
    await answered(later, await came_back(later, "grace@example.com"), later.cookies)

    async def later_is_over() -> bool:
        return len(alive(redis_server)) == 1

    await eventually(later_is_over)
    assert (await browser.get("/api/me")).status == 200


async def test_opened_by_a_link_the_landing_changes_nothing(
    site: Site, browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    stranger = await site.browser()
    for somebody in (browser, stranger):
        before = dict(somebody.cookies)
        for path in (LANDING, f"{LANDING}?next=//evil.example", f"{LANDING}?next=%2Fspaces"):
            answer = await somebody.get(path, Sec_Fetch_Site="cross-site")
            assert answer.status == 303
            assert answer.location in {f"{site.public_url}/", f"{site.public_url}/spaces"}
            assert answer.headers["Cache-Control"] == "no-store"
        assert somebody.cookies == before
    assert alive(redis_server) == [held(browser)]
    assert await site.sandbox.calls(REVOKE) == 0


async def test_a_name_that_was_not_sealed_here_or_is_another_browsers_ends_nothing_of_others(
    site: Site, browser: Browser, redis_server: RedisServer
) -> None:
    victim = await site.browser()
    await victim.sign_in("grace@example.com")
    await browser.sign_in()
    ticket = Ticket.parse(victim.session_cookie)
    assert ticket is not None
    (own,) = [name for name in browser.cookies if name.startswith("given-")]
    known = f"given-8080-{ticket.handle[:16]}"
    for value in ("", "rubbish", "A" * 200, victim.session_cookie or "", browser.cookies[own]):
        browser.cookies[known] = value
        await browser.get(LANDING)
        assert known not in browser.cookies
    assert sorted(alive(redis_server)) == sorted([held(victim), held(browser)])


async def test_what_redis_does_not_let_the_landing_end_is_ended_later(
    make_site: MakeSite, own_redis: RedisServer
) -> None:
    site = await make_site(redis=own_redis)
    browser = await site.browser()
    callbacks = [await came_back(browser), await came_back(browser)]
    sent_with = dict(browser.cookies)
    answers = [await answered(browser, callback, sent_with) for callback in callbacks]
    own_redis.freeze()
    landed = await land(browser, answers[-1])
    own_redis.thaw()
    assert landed.status == 303
    assert len([name for name in browser.cookies if name.startswith("given-")]) == 2

    async def only_the_held_one() -> bool:
        return alive(own_redis) == [held(browser)]

    await eventually(only_the_held_one)
    assert (await browser.get("/api/me")).status == 200


async def test_what_the_landing_could_not_end_comes_back_with_the_browser_if_its_replica_is_gone(
    make_site: MakeSite, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await make_site(redis=own_redis)
    browser = await site.browser()
    await browser.sign_in()
    # As the answer to a sign-out does that was sent before.
    del browser.cookies[browser.session_name]
    monkeypatch.setattr(UnfinishedSignOuts, "keep", lambda *_: None)
    own_redis.freeze()
    landed = await browser.get(LANDING)
    own_redis.thaw()
    assert landed.status == 303
    assert len(alive(own_redis)) == 1
    await browser.get("/")

    async def is_over() -> bool:
        return alive(own_redis) == [] and await site.sandbox.calls(REVOKE) == 2

    await eventually(is_over)


async def test_a_landing_without_a_session_costs_redis_nothing(
    browser: Browser, redis_server: RedisServer
) -> None:
    redis_server.forget_commands()
    assert (await browser.get(LANDING)).status == 303
    assert redis_server.commands().total() == 0


async def test_where_the_session_was_made_the_landing_asks_redis_once(
    browser: Browser, redis_server: RedisServer
) -> None:
    answer = await answered(browser, await came_back(browser), browser.cookies)
    redis_server.forget_commands()
    await land(browser, answer)
    asked = redis_server.commands()
    assert asked["eval"] == 1
    assert asked.keys().isdisjoint({"mget", "time"})
    keys = [*alive(redis_server), *redis_server.keys("person:*")]
    (end,) = {int(str(redis_server.client.pexpiretime(key))) for key in keys}
    assert end > 1000 * (time.time() + 3600)


@pytest.mark.parametrize("wrong", ["record", "secret"])
async def test_what_is_not_as_it_was_made_is_looked_at_before_it_lives_on(
    browser: Browser, redis_server: RedisServer, wrong: str
) -> None:
    answer = await answered(browser, await came_back(browser), browser.cookies)
    key = held(browser)
    if wrong == "record":
        record: Any = redis_server.client.get(key)
        changed = record[:-1] + bytes((record[-1] ^ 1,))
        redis_server.client.set(key, changed, keepttl=True)
    else:
        ticket = Ticket.parse(browser.session_cookie)
        assert ticket is not None
        (name,) = [name for name in browser.cookies if name.startswith("session-")]
        browser.cookies = {name: Ticket(ticket.id, bytes(SECRET_BYTES)).cookie}
    await land(browser, answer)
    left = int(str(redis_server.client.pttl(key)))
    assert 0 < left <= 1000 * (CONFIRM_SECONDS + END_SECONDS)


async def test_a_session_whose_entry_was_lost_before_the_landing_is_listed_again(
    browser: Browser, redis_server: RedisServer
) -> None:
    answer = await answered(browser, await came_back(browser), browser.cookies)
    handle = held(browser).removeprefix("session:")
    (entry,) = redis_server.keys(f"person:*:{handle}")
    redis_server.client.delete(entry)
    await land(browser, answer)

    async def is_listed() -> bool:
        return redis_server.keys(f"person:*:{handle}") == [entry]

    await eventually(is_listed)
    assert int(str(redis_server.client.pttl(held(browser)))) > 3_600_000

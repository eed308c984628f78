"""A callback that comes twice, or comes back changed: one exchange, one end, for its own browser only."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from auth_service.oauth.flow import Callback
from auth_service.sign_in import unconfirmed
from auth_service.sign_in.ends import END_SECONDS, SignInEnds
from auth_service.sign_in.pending import PendingSignIn
from common.sessions.keys import session_key
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.settings.redis import RedisCredentials
from common.store.access import RedisAccess
from common.store.client import connect
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.redis_server import PASSWORD, RedisServer
from harness.sandbox_control import EXCHANGE, REVOKE
from harness.site import Site
from tests.conftest import MakeSite
from tests.failure_answers import failure_page

AUTH_USER = RedisCredentials(username="auth_service", password=PASSWORD)
USED = "This sign-in was already used"
GUESSES = ("prefetch", "prefetch;prerender", "prefetch;anonymous-client-ip", " prefetch ; a=b")


async def came_back(browser: Browser, email: str = "ada@example.com") -> tuple[str, dict[str, str]]:
    """A callback that has not been visited, and the cookies that go with it."""
    callback = await browser.at_webex((await browser.start(next_path="/spaces")).location, email)
    return callback, dict(browser.cookies)


async def again(browser: Browser, callback: str, cookies: dict[str, str]) -> str:
    """Send it as at first; the session that it brings."""
    browser.cookies = dict(cookies)
    answer = await browser.get(callback)
    assert (answer.status, answer.location) == (303, f"{browser.public_url}/spaces")
    return str(browser.session_cookie)


async def leave(site: Site, browser: Browser, callback: str) -> None:
    """Ask, and go away while Webex thinks about it."""
    await site.sandbox.fault(EXCHANGE, delay=0.3, times=1)
    port = int(site.auth_urls[0].rpartition(":")[2])
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {callback} HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n\r\n".encode())
    await writer.drain()

    async def asked() -> bool:
        return await site.sandbox.calls(EXCHANGE) > 0

    await eventually(asked)
    writer.close()
    await writer.wait_closed()


async def test_one_that_comes_while_the_first_is_under_way_gets_the_same_session(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    """A double tap, on two replicas."""
    site = await make_site(replicas=2)
    first, second = await site.browser(), await site.browser()
    callback, cookies = await came_back(first)
    await site.sandbox.fault(EXCHANGE, delay=0.3, times=1)
    sessions = await asyncio.gather(
        again(first, callback, cookies), again(second, callback, cookies)
    )
    assert sessions[0] == sessions[1]
    assert (await second.get("/api/me")).json()["displayName"] == "Ada Lovelace"
    assert await site.sandbox.calls(EXCHANGE) == 1
    assert len(redis_server.keys("session:*")) == 1


async def test_one_that_comes_while_the_first_fails_gets_the_same_page(
    make_site: MakeSite,
) -> None:
    site = await make_site(replicas=2)
    browser = await site.browser()
    callback, cookies = await came_back(browser)
    await site.sandbox.fault(EXCHANGE, delay=0.3, status=401)
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    answers = await asyncio.gather(*(browser.get(callback, Cookie=header) for _ in range(3)))
    for answer in answers:
        page = failure_page(answer, 500, "Webex does not accept this integration's secret")
        assert page.way_on == ("Start OAuth flow again", "/login?next=%2Fspaces")
    assert await site.sandbox.calls(EXCHANGE) == 1


async def test_whose_first_answer_was_lost_loads_the_page_again_and_is_signed_in(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unconfirmed, "CONFIRM_SECONDS", 1.0)
    callback, cookies = await came_back(browser)
    await leave(site, browser, callback)
    await again(browser, callback, cookies)
    assert await site.sandbox.calls(EXCHANGE) == 1
    await _left_for_good(site)
    assert (await browser.get("/api/me")).status == 200
    assert await site.sandbox.calls(REVOKE) == 2, "those of the other one alone"


async def _left_for_good(site: Site) -> None:
    """Until somebody else's lost answer, which began later, is cleaned up."""
    other = await site.browser()
    callback, _ = await came_back(other, "grace@example.com")
    await site.sandbox.forget_calls()
    await leave(site, other, callback)

    async def revoked() -> bool:
        return await site.sandbox.calls(REVOKE) == 2

    await eventually(revoked)


async def test_without_its_cookie_a_replay_stays_refused(
    site: Site, browser: Browser, redis_server: RedisServer
) -> None:
    """The address alone may stand in a history, a log or a screenshot."""
    callback, cookies = await came_back(browser)
    await again(browser, callback, cookies)
    other = await site.browser()
    other.cookies["theme"] = "dark"
    foreign = "This sign-in was not started in this browser"
    failure_page(await other.get(callback), 400, foreign)
    await other.start()
    failure_page(await other.get(callback), 400, foreign)
    assert other.session_cookie is None
    assert len(redis_server.keys("signin:end:*")) == 1


async def test_another_code_with_the_same_cookie_gets_nothing(site: Site, browser: Browser) -> None:
    callback, cookies = await came_back(browser)
    await again(browser, callback, cookies)
    browser.cookies = dict(cookies)
    state = callback.partition("state=")[2].partition("&")[0]
    for query in ("code=another", "error=access_denied"):
        failure_page(await browser.get(f"/oauth?{query}&state={state}"), 400, USED)
    assert browser.session_cookie is None
    assert await site.sandbox.calls(EXCHANGE) == 1


async def test_an_end_is_kept_for_30_seconds_and_sealed(
    browser: Browser, redis_server: RedisServer
) -> None:
    callback, cookies = await came_back(browser)
    session = await again(browser, callback, cookies)
    (key,) = redis_server.keys("signin:end:*")
    assert 0 < int(str(redis_server.client.ttl(key))) <= END_SECONDS
    assert session.encode() not in bytes(redis_server.client.get(key) or b"")  # type: ignore[arg-type]
    redis_server.client.delete(key)
    browser.cookies = dict(cookies)
    failure_page(await browser.get(callback), 400, USED)


async def test_the_end_of_a_session_is_kept_if_its_record_was_written(
    redis_server: RedisServer,
) -> None:
    """It goes along with the record, and Redis may refuse to write that."""
    access = RedisAccess(connect(redis_server.url, AUTH_USER))
    ends, ticket = SignInEnds(access, Sealer(["insecure-key".ljust(32, "-")])), Ticket.new()
    pending = PendingSignIn.start(next_path="/", scopes=(), now=time.time())
    callback = Callback(code="code", state=pending.state, error=None)
    for record in (None, b"record"):
        if record:
            redis_server.client.set(session_key(ticket.handle), record)
        await access.in_order(*ends.keeping(pending, callback, ticket))
        assert len(redis_server.keys("signin:end:*")) == bool(record)
    await access.close()


async def _signs_out(browser: Browser) -> None:
    await browser.post("/logout")


async def _is_ended_elsewhere(browser: Browser) -> None:
    session = browser.cookies[browser.session_name]
    await browser.post("/logout", Cookie=f"{browser.session_name}={session}")


@pytest.mark.parametrize("ends", [_signs_out, _is_ended_elsewhere])
async def test_a_session_that_has_ended_is_handed_to_nobody(
    browser: Browser, redis_server: RedisServer, ends: Callable[[Browser], Awaitable[None]]
) -> None:
    callback, cookies = await came_back(browser)
    await again(browser, callback, cookies)
    await ends(browser)
    if ends is _signs_out:
        assert redis_server.keys("signin:end:*") == []
    browser.cookies = dict(cookies)
    failure_page(await browser.get(callback), 400, USED)
    assert browser.session_cookie is None


async def test_loading_a_finished_callback_again_goes_on_with_its_session(browser: Browser) -> None:
    callback, _ = await came_back(browser)
    await browser.get(callback)
    answer = await browser.get(callback)
    assert (answer.status, answer.location) == (303, f"{browser.public_url}/spaces")


async def test_who_goes_back_to_webex_and_chooses_another_account_is_told(
    site: Site, browser: Browser
) -> None:
    """Never silently the first one: that could be a colleague's."""
    start = (await browser.start(next_path="/spaces")).location
    await browser.get(await browser.at_webex(start))
    elsewhere = await site.browser()
    another = await elsewhere.at_webex(start, "grace@example.com")
    page = failure_page(await browser.get(another), 400, USED)
    assert any("another account" in line for line in page.checks)
    assert page.way_on == ("Start OAuth flow again", "/login?next=%2Fspaces")
    assert (await browser.get("/api/me")).json()["displayName"] == "Ada Lovelace"
    assert await site.sandbox.calls(EXCHANGE) == 1


@pytest.mark.parametrize("purpose", GUESSES)
async def test_a_browsers_guess_starts_and_uses_up_nothing(
    site: Site, browser: Browser, redis_server: RedisServer, purpose: str
) -> None:
    title = "This page is not fetched in advance"
    guessed = await browser.get("/login", Sec_Purpose=purpose)
    failure_page(guessed, 503, title)
    callback, _ = await came_back(browser)
    redis_server.forget_commands()
    guess = await browser.get(callback, Sec_Purpose=purpose)
    failure_page(guess, 503, title)
    assert guess.cookies == guessed.cookies == []
    assert redis_server.commands().total() == await site.sandbox.calls(EXCHANGE) == 0
    assert (await browser.get(callback)).status == 303

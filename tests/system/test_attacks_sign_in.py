"""Attacks on the sign-in through the real door, with two replicas of each service behind it."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from auth_service.sign_in.pending import VALID_SECONDS, PendingSignIns
from common.sessions.cookies import Cookies
from common.sessions.sealing import Sealer
from harness.browser_like import Answer, Browser
from harness.sandbox_control import EXCHANGE, SandboxControl
from harness.stack import Stack

FOREIGN = "This sign-in was not started in this browser"
NewBrowser = Callable[[], Awaitable[Browser]]


@pytest.fixture
async def new_browser(stack: Stack) -> AsyncIterator[NewBrowser]:
    async with AsyncExitStack() as opened:

        async def open_one() -> Browser:
            return await opened.enter_async_context(Browser(stack.url, lambda _: stack.url))

        yield open_one


@pytest.fixture
async def sandbox(stack: Stack) -> SandboxControl:
    control = SandboxControl(stack.sandbox_url)
    await control.forget_calls()
    return control


def refused(answer: Answer, heading: str) -> bool:
    return answer.status == 400 and answer.page.heading == heading


@pytest.mark.parametrize("own_sign_in_pending", [False, True])
async def test_a_callback_in_another_browser_costs_no_token_call_and_mine_can_still_finish(
    new_browser: NewBrowser,
    sandbox: SandboxControl,
    own_sign_in_pending: bool,  # noqa: FBT001
) -> None:
    mine, other = await new_browser(), await new_browser()
    callback = await mine.at_webex((await mine.start()).location)
    if own_sign_in_pending:
        await other.start()
    other.cookies["theme"] = "dark"
    for _ in range(4):
        assert refused(await other.get(callback), FOREIGN)
    assert other.session_cookie is None
    assert await sandbox.calls(EXCHANGE) == 0
    assert (await mine.get(callback)).status == 303


async def test_a_callback_is_redeemed_once_whichever_replica_it_reaches(
    new_browser: NewBrowser, sandbox: SandboxControl
) -> None:
    """With its own cookie it brings the same session for some seconds; without it nothing."""
    browser, other = await new_browser(), await new_browser()
    callback = await browser.at_webex((await browser.start()).location)
    cookies, sessions = dict(browser.cookies), set()
    for _ in range(5):
        browser.cookies = dict(cookies)
        assert (await browser.get(callback)).status == 303
        sessions.add(browser.session_cookie)
    assert len(sessions) == 1
    await other.start()
    assert all([refused(await other.get(callback), FOREIGN) for _ in range(4)])
    assert await sandbox.calls(EXCHANGE) == 1


async def test_of_a_hundred_starts_in_one_browser_the_newest_five_work_and_headers_stay_small(
    new_browser: NewBrowser,
) -> None:
    browser = await new_browser()
    starts = []
    for _ in range(100):
        starts.append((await browser.start()).location)
        header = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        assert len(header) < 4096
    assert refused(await browser.get(await browser.at_webex(starts[0])), FOREIGN)
    for start in starts[-5:]:
        assert (await browser.get(await browser.at_webex(start))).status == 303


async def test_a_client_that_keeps_no_cookies_gets_a_page_and_no_circle(
    new_browser: NewBrowser, sandbox: SandboxControl
) -> None:
    browser = await new_browser()
    for _ in range(3):
        callback = await browser.at_webex((await browser.start()).location)
        browser.cookies.clear()
        assert refused(await browser.get(callback), "Your browser did not send the sign-in cookie")
    assert await sandbox.calls(EXCHANGE) == 0


async def test_an_error_counts_for_a_sign_in_of_this_browser_only(
    new_browser: NewBrowser,
) -> None:
    browser = await new_browser()
    await browser.start()
    hostile = quote("<script>alert(1)</script>")
    answer = await browser.get(f"/oauth?error=access_denied&state=x&error_description={hostile}")
    assert refused(answer, FOREIGN)
    assert "<script>alert" not in answer.text


def parameter(address: str, name: str) -> str:
    return parse_qs(urlsplit(address).query)[name][0]


async def test_no_two_sign_ins_have_a_state_or_challenge_in_common(
    new_browser: NewBrowser,
) -> None:
    browser = await new_browser()
    starts = [(await browser.start()).location for _ in range(20)]
    for name in ("state", "code_challenge"):
        values = {parameter(start, name) for start in starts}
        assert len(values) == len(starts)
        assert min(map(len, values)) >= 43  # 256 bits
    assert {parameter(start, "code_challenge_method") for start in starts} == {"S256"}


async def test_a_code_does_not_fit_the_state_or_verifier_of_another_sign_in(
    new_browser: NewBrowser,
) -> None:
    mine, other = await new_browser(), await new_browser()
    callback = await mine.at_webex((await mine.start()).location)
    for browser in (mine, other):
        state = parameter((await browser.start()).location, "state")
        mixed = urlencode({"code": parameter(callback, "code"), "state": state})
        answer = await browser.get(f"/oauth?{mixed}")
        assert refused(answer, "Webex refused the authorization code")
        assert browser.session_cookie is None


async def test_a_sign_in_that_took_too_long_has_a_way_on_that_keeps_next(
    stack: Stack, new_browser: NewBrowser, sandbox: SandboxControl
) -> None:
    browser = await new_browser()
    start = await browser.start(next_path="/spaces")
    callback = await browser.at_webex(start.location)
    no_redis: Any = None
    sealer = Sealer([stack.secret("session_keys").strip()])
    pending_sign_ins = PendingSignIns(no_redis, sealer, Cookies(stack.url))
    pending = pending_sign_ins.find(browser.cookies, parameter(start.location, "state"))
    assert pending is not None
    name, value = pending_sign_ins.seal(
        replace(pending, started_at=time.time() - VALID_SECONDS - 1)
    )
    browser.cookies[name] = value
    answer = await browser.get(callback)
    assert refused(answer, "This sign-in took too long")
    assert answer.page.way_on[1] == "/login?next=%2Fspaces"
    assert await sandbox.calls(EXCHANGE) == 0


@pytest.mark.parametrize("error", ["access_denied", "invalid_scope", "server_error", "unheard_of"])
async def test_an_error_of_my_own_sign_in_has_a_page_that_shows_nothing_from_outside(
    new_browser: NewBrowser, sandbox: SandboxControl, error: str
) -> None:
    browser = await new_browser()
    state = parameter((await browser.start(next_path="/spaces")).location, "state")
    query = {"error": error, "state": state, "error_description": "<script>alert(1)</script>"}
    answer = await browser.get(f"/oauth?{urlencode(query)}")
    assert answer.status >= 400
    assert answer.page.way_on[1] == "/login?next=%2Fspaces"
    assert "alert(" not in answer.text
    assert browser.session_cookie is None
    assert await sandbox.calls(EXCHANGE) == 0


async def test_starts_leave_nothing_in_redis(stack: Stack, new_browser: NewBrowser) -> None:
    async with Redis.from_url(stack.redis) as redis:
        before = {key async for key in redis.scan_iter()}
        for _ in range(50):
            await (await new_browser()).start()
        # What others left may end meanwhile.
        assert {key async for key in redis.scan_iter()} <= before


@pytest.mark.parametrize(
    "path",
    [
        "/login?next=%0d%0aSet-Cookie:%20planted=1",
        "/login?next=/%0d%0aSet-Cookie:%20planted=1",
        "/%0d%0aSet-Cookie:%20planted=1",
        "/login?scope=%0d%0aSet-Cookie:%20planted=1",
        "/index.html%0d%0aSet-Cookie:%20planted=1",
    ],
)
async def test_no_line_break_from_outside_becomes_a_header(
    new_browser: NewBrowser, path: str
) -> None:
    browser = await new_browser()
    answer = await browser.get(path)
    assert "planted" not in str(answer.headers)
    assert "planted" not in browser.cookies


@pytest.mark.parametrize("path", ["/login", "/oauth", "/logout", "/login?next=/login"])
async def test_a_next_that_would_sign_in_or_out_leads_home(
    new_browser: NewBrowser, path: str
) -> None:
    browser = await new_browser()
    answer = await browser.sign_in(next_path=path)
    assert answer.location == f"{browser.public_url}/"

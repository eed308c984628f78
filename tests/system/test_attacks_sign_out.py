"""Signing out through the real door: here at once, at Webex too, and no token in any address."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from harness.browser_like import Browser
from harness.eventually import eventually
from harness.sandbox_control import REVOKE, SandboxControl
from harness.stack import Stack

# Much longer than a person waits, and less than the services would.
WEBEX_SECONDS = 5
TOKENS = ("access_token", "refresh_token", "code_verifier")


@pytest.fixture
async def sandbox(stack: Stack) -> AsyncIterator[SandboxControl]:
    control = SandboxControl(stack.sandbox_url)
    await control.forget_calls()
    yield control
    await control.lift_faults()


async def test_both_tokens_are_revoked_and_the_cookie_is_dead_on_every_replica(
    browser: Browser, sandbox: SandboxControl
) -> None:
    await browser.sign_in()
    cookies = dict(browser.cookies)
    assert (await browser.post("/logout")).status == 303
    assert browser.cookies == {}
    assert await sandbox.calls(REVOKE) == 2
    browser.cookies = cookies
    assert {(await browser.get("/api/me")).status for _ in range(6)} == {401}


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"cut": "before"}, {"endless": "drip"}], ids=str
)
async def test_a_webex_that_is_down_keeps_nobody_signed_in(
    browser: Browser, sandbox: SandboxControl, fault: dict[str, object]
) -> None:
    await browser.sign_in()
    cookies = dict(browser.cookies)
    await sandbox.fault(REVOKE, **fault)
    assert (await browser.post("/logout")).status == 303
    browser.cookies = cookies
    assert {(await browser.get("/api/me")).status for _ in range(6)} == {401}


async def test_a_webex_that_is_slow_to_revoke_is_not_waited_for(
    browser: Browser, sandbox: SandboxControl
) -> None:
    await browser.sign_in()
    token = (await sandbox.confidential())["access_token"][-1]
    await sandbox.fault(REVOKE, delay=WEBEX_SECONDS)
    assert (await browser.post("/logout")).status == 303
    # The answer was here first; the revocation goes on behind it.
    assert await status_at_webex(sandbox, token) == 200

    async def revoked() -> bool:
        return await status_at_webex(sandbox, token) == 401

    await eventually(revoked)


async def status_at_webex(sandbox: SandboxControl, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{sandbox.url}/v1/people/me"
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        return answer.status


async def test_no_address_ever_holds_a_token(browser: Browser, sandbox: SandboxControl) -> None:
    answers = [
        await browser.start(next_path="/spaces"),
        await browser.sign_in(),
        await browser.get("/"),
        await browser.get("/sessions"),
        await browser.get("/widget"),
        await browser.post("/logout"),
        await browser.get("/spaces"),
    ]
    addresses = [answer.headers.get("Location", "") for answer in answers]
    addresses += [href for answer in answers for _, href in answer.page.links]
    known = await sandbox.confidential()
    secrets = [value for kind in TOKENS for value in known[kind]]
    assert len(secrets) >= 3
    assert [a for a in addresses if any(secret in a for secret in secrets)] == []

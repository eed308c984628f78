"""Signing out: here at once, at Webex too, and never by another site's doing."""

from typing import Any

import pytest

from auth_service.sessions.writer import SessionWriter
from common.store.access import StoreUnavailable
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.sandbox_control import REVOKE, SandboxControl
from harness.site import HTTPS
from tests.conftest import MakeSite
from tests.failure_answers import failure_page


async def test_signing_out_leads_home_and_forgets_every_cookie(browser: Browser) -> None:
    await browser.sign_in()
    await browser.start()
    answer = await browser.post("/logout")
    assert (answer.status, answer.location) == (303, f"{browser.public_url}/")
    assert browser.cookies == {}
    assert ("Start OAuth flow", "/login") in (await browser.visit("/")).page.links


async def test_over_https_the_browser_is_told_to_drop_what_it_has_of_the_person(
    make_site: MakeSite,
) -> None:
    """Everything but cookies: those of a sibling host would go as well."""
    browser = await (await make_site(**HTTPS)).browser()
    await browser.sign_in()
    answer = await browser.post("/logout")
    kinds = answer.headers["Clear-Site-Data"].split(", ")
    assert kinds == ['"cache"', '"storage"', '"prefetchCache"', '"prerenderCache"']
    refused = await browser.post("/logout", Sec_Fetch_Site="cross-site")
    assert "Clear-Site-Data" not in refused.headers


async def test_both_tokens_are_revoked_at_webex(browser: Browser, sandbox: SandboxControl) -> None:
    await browser.sign_in()
    await browser.post("/logout")
    assert await sandbox.calls(REVOKE) == 2
    assert await sandbox.expire_tokens() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "http://localhost:8080"},
    ],
)
async def test_another_sites_form_signs_nobody_out(
    browser: Browser, sandbox: SandboxControl, headers: dict[str, str]
) -> None:
    await browser.sign_in()
    answer = await browser.send("POST", "/logout", headers=headers)
    failure_page(answer, 403, "This request came from another site")
    assert answer.cookies == []
    assert (await browser.get("/api/me")).status == 200
    assert await sandbox.calls(REVOKE) == 0


async def test_an_old_browser_that_only_sends_origin_is_judged_by_it(browser: Browser) -> None:
    await browser.sign_in()
    foreign = await browser.send("POST", "/logout", headers={"Origin": "http://evil.example"})
    failure_page(foreign, 403, "This request came from another site")
    own = await browser.send("POST", "/logout", headers={"Origin": browser.public_url})
    assert own.status == 303


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_a_link_or_picture_signs_nobody_out(browser: Browser, method: str) -> None:
    await browser.sign_in()
    answer = await browser.send(method, "/logout")
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"
    assert (await browser.get("/api/me")).status == 200


async def test_signing_out_without_a_session_is_no_error(browser: Browser) -> None:
    assert (await browser.post("/logout")).status == 303


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 401}, {"cut": "before"}, {"delay": 30}, {"endless": "drip"}],
    ids=str,
)
async def test_webex_being_down_does_not_keep_anybody_signed_in(
    make_site: MakeSite, fault: dict[str, object]
) -> None:
    site = await make_site(WEBEX_TIMEOUT_SECONDS="1")
    browser = await site.browser()
    await browser.sign_in()
    cookie = browser.session_cookie
    await site.sandbox.fault(REVOKE, **fault)
    assert (await browser.post("/logout")).status == 303
    assert (await browser.get("/api/me", Cookie=f"session={cookie}")).status == 401


@pytest.mark.parametrize("missing", ["publish", "getrange"])
async def test_a_session_that_has_ended_is_signed_out_whatever_redis_refuses_then(
    make_site: MakeSite, own_redis: RedisServer, missing: str
) -> None:
    """Telling the streams and tidying the list come after the end, and must not hide it."""
    site = await make_site(redis=own_redis)
    browser = await site.browser()
    await browser.sign_in()
    cookie = browser.session_cookie
    run: Any = own_redis.client.execute_command
    run("ACL", "SETUSER", "auth_service", f"-{missing}")
    assert (await browser.post("/logout")).status == 303
    assert await site.sandbox.calls(REVOKE) == 2
    assert (await browser.get("/api/me", Cookie=f"session={cookie}")).status == 401
    await browser.sign_in()
    assert (await browser.sign_in("grace@example.com")).status == 303
    assert (await browser.get("/api/me")).json()["displayName"] == "Grace Hopper"


async def test_a_sign_out_whose_answer_from_redis_is_lost_revokes_the_tokens_all_the_same(
    browser: Browser, sandbox: SandboxControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could do it later: the record is gone, and it had the only copy."""
    await browser.sign_in()
    end = SessionWriter.end_unchanged

    async def answer_is_lost(writer: SessionWriter, *arguments: Any) -> bool:
        await end(writer, *arguments)
        raise StoreUnavailable

    with monkeypatch.context() as bad_moment:
        bad_moment.setattr(SessionWriter, "end_unchanged", answer_is_lost)
        answer = await browser.post("/logout")
    assert answer.status == 503
    assert browser.session_cookie is None

    async def both_are_revoked() -> bool:
        return await sandbox.calls(REVOKE) == 2

    await eventually(both_are_revoked)
    assert (await browser.post("/logout")).status == 303


async def test_no_address_ever_holds_a_token(browser: Browser, sandbox: SandboxControl) -> None:
    addresses = []
    for answer in (
        await browser.start(next_path="/spaces"),
        await browser.sign_in(),
        await browser.get("/index.html"),
        await browser.get("/"),
        await browser.post("/logout"),
        await browser.get("/spaces"),
    ):
        addresses.append(answer.headers.get("Location", ""))
        addresses.extend(href for _, href in answer.page.links)
    confidential = await sandbox.confidential()
    secrets = [
        value
        for kind in ("access_token", "refresh_token", "code_verifier", "code")
        for value in confidential[kind]
    ]
    assert len(secrets) >= 4
    assert [a for a in addresses if any(secret in a for secret in secrets)] == []

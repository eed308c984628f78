"""SIGN_IN_MAX_AGE_SECONDS: whoever signs in has just shown Webex who they are, or Webex asks again."""

import time
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from auth_service.oauth import flow, id_token, webex
from harness.redis_server import RedisServer
from harness.sandbox_control import REVOKE
from tests.conftest import MakeSite
from tests.failure_answers import failure_page

MISSING = "Webex sent no proof of who you are"


def asked(location: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}


async def test_webex_is_asked_for_a_fresh_proof_and_its_answer_is_believed(
    make_site: MakeSite,
) -> None:
    site = await make_site(SIGN_IN_MAX_AGE_SECONDS="300")
    browser = await site.browser()
    request = asked((await browser.start()).location)
    assert request["max_age"] == "300"
    assert request["scope"] == "spark:people_read openid"
    assert len(request["nonce"]) == 43
    assert (await browser.sign_in()).status == 303
    assert (await browser.get("/api/me")).status == 200


async def test_without_the_setting_nothing_of_it_is_asked(make_site: MakeSite) -> None:
    request = asked((await (await (await make_site()).browser()).start()).location)
    assert not request.keys() & {"max_age", "nonce"}
    assert "openid" not in request["scope"]


async def test_openid_among_the_scopes_comes_with_the_nonce_that_webex_wants(
    make_site: MakeSite,
) -> None:
    site = await make_site(SCOPES="openid spark:people_read")
    assert (await (await site.browser()).sign_in()).status == 303


async def test_a_proof_that_is_too_old_signs_nobody_in(
    make_site: MakeSite, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a Webex that passes max_age over."""
    site = await make_site(SIGN_IN_MAX_AGE_SECONDS="0")
    later = time.time() + id_token.LEEWAY_SECONDS + 5
    monkeypatch.setattr(webex, "time", SimpleNamespace(time=lambda: later))
    answer = await (await site.browser()).sign_in(next_path="/spaces")
    page = failure_page(answer, 403, "Sign in at Webex once more")
    assert page.way_on == ("Start OAuth flow again", "/login?next=%2Fspaces")
    assert redis_server.keys("session:*") == []
    assert await site.sandbox.calls(REVOKE) == 2


async def test_without_a_proof_nobody_is_signed_in(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    site = await make_site(SIGN_IN_MAX_AGE_SECONDS="300")
    await site.sandbox.policy(omit=["id_token"])
    failure_page(await (await site.browser()).sign_in(), 502, MISSING)
    assert redis_server.keys("session:*") == []
    assert await site.sandbox.calls(REVOKE) == 2


async def test_another_sign_ins_proof_is_none(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await make_site(SIGN_IN_MAX_AGE_SECONDS="300")
    browser = await site.browser()
    callback = await browser.at_webex((await browser.start()).location)
    monkeypatch.setattr(flow, "nonce_of", lambda _: "another")
    failure_page(await browser.get(callback), 502, MISSING)


@pytest.mark.parametrize(
    "route", ["GET /v1/.well-known/openid-configuration", "GET /v1/verification"]
)
@pytest.mark.parametrize("fault", [{"status": 500}, {"body": "[]"}, {"body": "{}"}], ids=str)
async def test_when_webexs_keys_cannot_be_had_nobody_is_signed_in_and_the_tokens_go(
    make_site: MakeSite, redis_server: RedisServer, route: str, fault: dict[str, Any]
) -> None:
    site = await make_site(SIGN_IN_MAX_AGE_SECONDS="300")
    await site.sandbox.fault(route, **fault)
    answer = await (await site.browser()).sign_in()
    assert answer.status == 502
    assert redis_server.keys("session:*") == []
    assert await site.sandbox.calls(REVOKE) == 2
    await site.sandbox.lift_faults()
    assert (await (await site.browser()).sign_in()).status == 303


async def test_keys_are_asked_for_once(make_site: MakeSite) -> None:
    site = await make_site(SIGN_IN_MAX_AGE_SECONDS="300")
    for _ in range(3):
        assert (await (await site.browser()).sign_in()).status == 303
    assert await site.sandbox.calls("GET /v1/verification") == 1


async def test_ending_ones_own_other_sessions_works_without_a_fresh_proof(
    make_site: MakeSite,
) -> None:
    site = await make_site(SIGN_IN_MAX_AGE_SECONDS="0")
    one, other = await site.browser(), await site.browser()
    for browser in (one, other):
        await browser.sign_in()
    assert (await one.post("/sessions/end", {"session": "others"})).status == 303
    assert (await other.get("/api/me")).status == 401

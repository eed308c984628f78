"""The switches under /_sandbox, and what they do to an integration."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from tests.service.sandbox import Answer, Sandbox, assert_webex_error, running_sandbox
from webex_sandbox import faults

ME = "GET /v1/people/me"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


async def _fault(sandbox: Sandbox, **fault: Any) -> None:
    await sandbox.control("POST", "/faults", {"route": ME, **fault})


async def _me(sandbox: Sandbox, token: str) -> Answer:
    return await sandbox.request("GET", "/v1/people/me", token=token)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 423, 429, 500, 502, 503, 504])
async def test_a_faulty_status_speaks_as_webex_does(sandbox: Sandbox, status: int) -> None:
    await _fault(sandbox, status=status)
    assert_webex_error(await _me(sandbox, "any"), status)


async def test_a_faulty_body_comes_to_the_letter(sandbox: Sandbox) -> None:
    body = "<script>alert('ä')</script>"
    await _fault(sandbox, status=502, body=body, content_type="text/html")
    answer = await _me(sandbox, "any")
    assert answer.status == 502
    assert answer.text == body
    assert answer.headers["Content-Type"] == "text/html"


async def test_headers_may_be_as_broken_as_in_the_wild(sandbox: Sandbox) -> None:
    await _fault(sandbox, status=429, headers={"Retry-After": "rand(30),add(30)"})
    assert (await _me(sandbox, "any")).headers["Retry-After"] == "rand(30),add(30)"


async def test_a_rate_limit_lets_some_calls_pass(sandbox: Sandbox) -> None:
    token = await sandbox.token_of("ada@example.com")
    await _fault(sandbox, skip=2, status=429, headers={"Retry-After": "1"})
    statuses = [(await _me(sandbox, token)).status for _ in range(4)]
    assert statuses == [200, 200, 429, 429]


async def test_a_fault_may_be_over_after_some_calls(sandbox: Sandbox) -> None:
    token = await sandbox.token_of("ada@example.com")
    await _fault(sandbox, times=1, status=503)
    await _fault(sandbox, times=1, status=429)
    statuses = [(await _me(sandbox, token)).status for _ in range(3)]
    assert statuses == [503, 429, 200]


async def test_a_fault_stays_at_its_route(sandbox: Sandbox) -> None:
    await _fault(sandbox, status=500)
    assert (await sandbox.request("GET", "/v1/verification")).status == 200


async def test_a_fault_may_be_everywhere(sandbox: Sandbox) -> None:
    await _fault(sandbox, route="*", status=503)
    assert (await sandbox.request("GET", "/v1/verification")).status == 503
    assert (await sandbox.revoke("x")).status == 503
    assert (await sandbox.request("GET", "/")).status == 200


async def test_a_fault_may_concern_one_grant_type(sandbox: Sandbox) -> None:
    await _fault(sandbox, route="POST /v1/access_token", grant_type="refresh_token", status=500)
    tokens = await sandbox.sign_in()
    assert (await sandbox.refresh(tokens["refresh_token"])).status == 500


async def test_a_delay_holds_only_the_call_it_concerns(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def held(seconds: float) -> None:
        asked.append(seconds)
        begun.set()
        await go_on.wait()

    monkeypatch.setattr(faults, "sleep", held)
    token = await sandbox.token_of("ada@example.com")
    await _fault(sandbox, delay=99)
    slow = asyncio.create_task(_me(sandbox, token))
    await begun.wait()
    assert (await sandbox.request("GET", "/v1/verification")).status == 200
    assert not slow.done()
    go_on.set()
    assert (await slow).status == 200
    assert asked == [30]


async def test_the_answer_may_be_lost_although_webex_did_what_was_asked(sandbox: Sandbox) -> None:
    await sandbox.control("PATCH", "/policy", {"refresh_mode": "rotating"})
    tokens = await sandbox.sign_in()
    await _fault(sandbox, route="POST /v1/access_token", times=1, after_handling=True, status=504)
    assert (await sandbox.refresh(tokens["refresh_token"])).status == 504
    assert (await sandbox.refresh(tokens["refresh_token"])).status == 400


async def test_a_body_may_be_huge(sandbox: Sandbox) -> None:
    await _fault(sandbox, size=10_000_000)
    assert len((await _me(sandbox, "any")).body) == 10_000_000


@pytest.mark.parametrize("kind", ["flood", "drip"])
async def test_a_body_may_never_end(sandbox: Sandbox, kind: str) -> None:
    await _fault(sandbox, endless=kind)
    async with sandbox.http.get(f"{sandbox.url}/v1/people/me") as answer:
        assert answer.status == 200
        assert answer.content_length is None
        for _ in range(2):
            assert await answer.content.readany()
        answer.close()


@pytest.mark.parametrize("where", ["before", "inside"])
async def test_a_connection_may_be_cut(sandbox: Sandbox, where: str) -> None:
    await _fault(sandbox, cut=where)
    with pytest.raises(aiohttp.ClientError):
        await _me(sandbox, "any")


@pytest.mark.parametrize(
    "fault", [{"endless": "flood"}, {"endless": "drip"}, {"cut": "before"}, {"cut": "inside"}]
)
async def test_a_fault_that_ends_a_connection_is_no_failure_of_the_sandbox(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, fault: dict[str, str]
) -> None:
    caplog.set_level(logging.INFO)
    await _fault(sandbox, **fault)
    with suppress(aiohttp.ClientError):
        async with sandbox.http.get(f"{sandbox.url}/v1/people/me") as answer:
            await answer.content.readany()
            answer.close()
    # Every handler has ended when the sandbox has logged the call.
    while "/v1/people/me" not in caplog.text:
        await sandbox.control("GET", "/calls")
    assert [
        record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING
    ] == []


async def test_faults_are_listed_and_lifted(sandbox: Sandbox) -> None:
    await _fault(sandbox, status=500)
    await _fault(sandbox, status=501)
    await _me(sandbox, "any")
    first, second = (await sandbox.control("GET", "/faults"))["items"]
    assert (first["status"], first["hits"], second["hits"]) == (500, 1, 0)
    await sandbox.control("DELETE", f"/faults/{first['id']}")
    assert (await _me(sandbox, "any")).status == 501
    await sandbox.control("DELETE", "/faults")
    assert (await _me(sandbox, "any")).status == 401
    assert (await sandbox.request("DELETE", "/_sandbox/faults/99")).status == 404


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"route": "GET /v1/nowhere"},
        {"route": ME, "misspelt": 1},
        {"route": ME, "status": 99},
        {"route": ME, "status": "500"},
        {"route": ME, "delay": -1},
        {"route": ME, "delay": True},
        {"route": ME, "endless": "yes"},
        {"route": ME, "cut": "off"},
        {"route": ME, "size": 10**12},
        {"route": ME, "headers": {"X": "a\r\nb"}},
        {"route": ME, "headers": []},
        {"route": ME, "after_handling": "yes"},
    ],
)
async def test_a_switch_that_makes_no_sense_is_refused(
    sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    assert_webex_error(await sandbox.request("POST", "/_sandbox/faults", json=fault), 400)
    assert (await sandbox.control("GET", "/faults"))["items"] == []


@pytest.mark.parametrize("data", [b"[]", b"{", b'"x"', b"[" * 100_000])
async def test_a_switch_that_is_no_object_is_refused(sandbox: Sandbox, data: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await sandbox.request("POST", "/_sandbox/faults", data=data, headers=headers)
    assert_webex_error(answer, 400)


@pytest.mark.parametrize("path", ["/reset", "/faults", "/clock", "/integrations", "/tokens"])
async def test_no_form_of_another_site_can_switch_anything(sandbox: Sandbox, path: str) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded"):
        headers = {"Content-Type": content_type}
        answer = await sandbox.request("POST", f"/_sandbox{path}", data=b"{}", headers=headers)
        assert_webex_error(answer, 415)


async def test_calls_are_counted_by_route_and_by_grant_type(sandbox: Sandbox) -> None:
    tokens = await sandbox.sign_in()
    await sandbox.refresh(tokens["refresh_token"])
    await sandbox.refresh("made-up")
    await sandbox.token_request({"grant_type": "password"})
    await _fault(sandbox, status=503)
    await _me(sandbox, "any")
    counts = await sandbox.control("GET", "/calls")
    assert counts["POST /v1/access_token"] == 4
    assert counts["POST /v1/access_token authorization_code"] == 1
    assert counts["POST /v1/access_token refresh_token"] == 2
    assert counts["POST /v1/access_token other"] == 1
    assert counts[ME] == 1
    await sandbox.control("DELETE", "/calls")
    assert await sandbox.control("GET", "/calls") == {}


async def test_the_policy_is_checked_and_a_part_of_it_can_be_changed(sandbox: Sandbox) -> None:
    await sandbox.control("PATCH", "/policy", {"access_token_seconds": 5})
    policy = await sandbox.control("PATCH", "/policy", {"refresh_mode": "sticky"})
    assert (policy["access_token_seconds"], policy["refresh_mode"]) == (5, "sticky")
    for wrong in ({"refresh_mode": "never"}, {"code_seconds": "1"}, {"omit": "x"}, {"mode": "x"}):
        answer = await sandbox.request("PATCH", "/_sandbox/policy", json=wrong)
        assert_webex_error(answer, 400)
    assert await sandbox.control("GET", "/policy") == policy


async def test_reset_makes_everything_as_after_the_start(sandbox: Sandbox) -> None:
    before = await sandbox.control("GET", "")
    tokens = await sandbox.sign_in("person001@example.com")
    await _fault(sandbox, status=500)
    await sandbox.control("PATCH", "/policy", {"refresh_mode": "rotating", "omit": ["scope"]})
    await sandbox.control("POST", "/clock", {"advance_seconds": 100})
    await sandbox.control("POST", "/reset")
    assert await sandbox.control("GET", "") == before
    assert (await _me(sandbox, tokens["access_token"])).status == 401
    assert (await sandbox.request("GET", sandbox.authorize_url())).status == 200
    assert (await sandbox.control("POST", "/clock"))["ahead_seconds"] == 0


async def test_what_must_stay_secret_can_be_listed_for_a_search(sandbox: Sandbox) -> None:
    tokens = await sandbox.sign_in()
    listed = await sandbox.control("GET", "/confidential")
    assert tokens["access_token"] in listed["access_token"]
    assert tokens["refresh_token"] in listed["refresh_token"]
    assert len(listed["code"]) == len(listed["state"]) == len(listed["code_verifier"]) == 1


async def test_an_integration_registered_at_run_time_can_sign_in(sandbox: Sandbox) -> None:
    body = {
        "client_id": "mine",
        "client_secret": "insecure-mine",
        "name": "Mine & yours",
        "redirect_uris": ["http://localhost:1234/back?tab=1"],
        "scopes": ["spark:people_read"],
    }
    await sandbox.control("POST", "/integrations", body)
    changed = {"client_id": "mine", "redirect_uri": "http://localhost:1234/back?tab=1"}
    callback = await sandbox.callback(**changed)
    assert callback["tab"] == "1"
    answer = await sandbox.redeem(callback["code"], client_secret="insecure-mine", **changed)
    assert answer.status == 200
    listed = (await sandbox.control("GET", "/integrations"))["items"]
    assert [entry["client_id"] for entry in listed] == ["insecure-sandbox-integration", "mine"]
    assert "insecure-mine" not in str(listed)

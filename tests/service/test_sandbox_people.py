"""GET /v1/people/me, and how the REST API says no."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.service.openapi import assert_valid
from tests.service.sandbox import Sandbox, assert_webex_error, running_sandbox

DEMO_EMAILS = [f"{name}@example.com" for name in ("ada", "grace", "alan", "zoe", "bobby")]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.mark.parametrize("email", [*DEMO_EMAILS, "katherine@example.com", "person001@example.com"])
async def test_me_is_described_as_cisco_describes_it(sandbox: Sandbox, email: str) -> None:
    token = await sandbox.token_of(email, "spark:people_read")
    answer = await sandbox.request("GET", "/v1/people/me", token=token)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["trackingid"]
    assert_valid(answer.data, "GET", "/people/me")
    assert answer.data["type"] == "person"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer.data["created"])


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer made-up", "Basic YTpi", "Bearer  _PF84_x", "bearer\tx"]
)
async def test_a_missing_or_bad_token_gets_401_in_webex_words(
    sandbox: Sandbox, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = await sandbox.request("GET", "/v1/people/me", headers=headers)
    assert_webex_error(answer, 401)
    assert answer.data["message"] == (
        "The request requires a valid access token set in the Authorization request header."
    )


async def test_somebody_has_no_more_than_real_people_have(sandbox: Sandbox) -> None:
    """Seen in 2026: no avatar, phoneNumbers or lastActivity, and an unknown status."""
    token = await sandbox.token_of("katherine@example.com")
    person = (await sandbox.request("GET", "/v1/people/me", token=token)).data
    assert_valid(person, "GET", "/people/me")
    assert {"avatar", "phoneNumbers", "lastActivity", "nickName"}.isdisjoint(person)
    assert person["status"] == "unknown"
    assert [address["type"] for address in person["sipAddresses"]] == ["cloud-calling"]


async def test_an_expired_token_gets_the_same_401(sandbox: Sandbox) -> None:
    token = await sandbox.token_of("ada@example.com")
    await sandbox.control("POST", "/tokens/expire", {"access": True})
    assert_webex_error(await sandbox.request("GET", "/v1/people/me", token=token), 401)


async def test_a_missing_scope_gets_403_in_webex_words(sandbox: Sandbox) -> None:
    token = await sandbox.token_of("ada@example.com", "spark:rooms_read")
    answer = await sandbox.request("GET", "/v1/people/me", token=token)
    assert_webex_error(answer, 403)
    assert "the access token is missing required scopes" in answer.data["message"]


async def test_an_address_that_is_not_there_gets_404_in_webex_words(sandbox: Sandbox) -> None:
    answer = await sandbox.request("GET", "/v1/nowhere")
    assert_webex_error(answer, 404)
    assert answer.data["message"] == "The requested resource could not be found."


async def test_a_method_that_is_not_there_gets_405_in_webex_words(sandbox: Sandbox) -> None:
    answer = await sandbox.request("DELETE", "/v1/people/me")
    assert_webex_error(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD"


async def test_a_slash_at_the_end_changes_nothing(sandbox: Sandbox) -> None:
    """Cisco's Node SDK asks so, for several people at once."""
    token = await sandbox.token_of("ada@example.com")
    ids = []
    for email in ("ada@example.com", "grace@example.com"):
        found = await sandbox.request("GET", f"/v1/people?email={email}", token=token)
        ids += [person["id"] for person in found.data["items"]]
    listed = await sandbox.request("GET", f"/v1/people/?id={','.join(ids)}", token=token)
    assert [person["id"] for person in listed.data["items"]] == ids
    assert (await sandbox.control("GET", "/calls"))["GET /v1/people"] == 3

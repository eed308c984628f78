"""Codes, tokens, refreshing and revoking, as an integration meets them."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.service.sandbox import (
    REDIRECT_URI,
    VERIFIER,
    Sandbox,
    assert_webex_error,
    challenge_of,
    running_sandbox,
)
from webex_sandbox.sign_in.integrations import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET

SHAPE = re.compile(r"[A-Za-z0-9+/=]{20,}_[A-Z0-9]{4}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DAY = 86_400


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


async def test_the_token_answer_has_webex_fields_lifetimes_and_shapes(sandbox: Sandbox) -> None:
    callback = await sandbox.callback(scope="spark:people_read spark:rooms_read")
    answer = await sandbox.redeem(callback["code"])
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["trackingid"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.data) == {
        "access_token",
        "expires_in",
        "refresh_token",
        "refresh_token_expires_in",
        "token_type",
        "scope",
    }
    assert answer.data["expires_in"] == 1_209_599
    assert answer.data["refresh_token_expires_in"] == 7_775_999
    assert answer.data["scope"] == "spark:people_read spark:rooms_read"
    for value in (callback["code"], answer.data["access_token"], answer.data["refresh_token"]):
        assert SHAPE.fullmatch(value)
        assert len(value.split("_")) == 3


async def test_a_code_is_good_once(sandbox: Sandbox) -> None:
    code = (await sandbox.callback())["code"]
    assert (await sandbox.redeem(code)).status == 200
    assert_webex_error(await sandbox.redeem(code), 400)


async def test_a_code_is_good_once_even_when_redeemed_at_the_same_moment(
    sandbox: Sandbox,
) -> None:
    code = (await sandbox.callback())["code"]
    answers = await asyncio.gather(*(sandbox.redeem(code) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400]


async def test_a_code_is_good_for_a_short_time(sandbox: Sandbox) -> None:
    code = (await sandbox.callback())["code"]
    await sandbox.control("POST", "/clock", {"advance_seconds": 121})
    assert_webex_error(await sandbox.redeem(code), 400)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"code": "made-up"}, 400),
        ({"code": None}, 400),
        ({"code_verifier": "another-code-verifier-that-is-long-enough-too"}, 400),
        ({"code_verifier": None}, 400),
        ({"redirect_uri": "http://localhost:9090/oauth"}, 400),
        ({"redirect_uri": None}, 400),
        ({"grant_type": "password"}, 400),
        ({"grant_type": None}, 400),
        ({"client_secret": "wrong"}, 401),
        ({"client_secret": None}, 400),
        ({"client_id": "somebody-else"}, 401),
        ({"client_id": None}, 400),
    ],
)
async def test_a_wrong_exchange_is_refused_in_webex_words(
    sandbox: Sandbox, changed: dict[str, str | None], status: int
) -> None:
    code = (await sandbox.callback())["code"]
    assert_webex_error(await sandbox.redeem(**{"code": code, **changed}), status)


async def test_a_wrong_verifier_uses_the_code_up(sandbox: Sandbox) -> None:
    code = (await sandbox.callback())["code"]
    await sandbox.redeem(code, code_verifier="another-code-verifier-that-is-long-enough-too")
    assert_webex_error(await sandbox.redeem(code), 400)


async def test_a_wrong_client_secret_leaves_the_code_alone(sandbox: Sandbox) -> None:
    code = (await sandbox.callback())["code"]
    await sandbox.redeem(code, client_secret="wrong")
    assert (await sandbox.redeem(code)).status == 200


async def test_a_verifier_without_a_challenge_is_refused(sandbox: Sandbox) -> None:
    callback = await sandbox.callback(code_challenge=None, code_challenge_method=None)
    assert_webex_error(await sandbox.redeem(callback["code"]), 400)


@pytest.mark.parametrize("method", ["plain", None])
async def test_a_plain_challenge_is_the_verifier_itself(
    sandbox: Sandbox, method: str | None
) -> None:
    """RFC 7636 section 4.3: without a method it is plain."""
    callback = await sandbox.callback(code_challenge=VERIFIER, code_challenge_method=method)
    assert (await sandbox.redeem(callback["code"])).status == 200
    callback = await sandbox.callback(code_challenge="x" * 43, code_challenge_method=method)
    assert_webex_error(await sandbox.redeem(callback["code"]), 400)


BASIC = {"Authorization": aiohttp.encode_basic_auth(DEMO_CLIENT_ID, DEMO_CLIENT_SECRET)}
IN_BODY = {"client_id": DEMO_CLIENT_ID, "client_secret": DEMO_CLIENT_SECRET}
WRONG = {"Authorization": aiohttp.encode_basic_auth(DEMO_CLIENT_ID, "wrong")}
TOKEN_ENDPOINTS = ["/v1/access_token", "/v1/access_token/", "/idb/oauth2/v1/access_token"]


@pytest.mark.parametrize("endpoint", TOKEN_ENDPOINTS)
@pytest.mark.parametrize(
    ("headers", "form", "status"),
    [
        (BASIC, {}, 200),
        ({}, IN_BODY, 200),
        (BASIC, {"client_id": DEMO_CLIENT_ID}, 200),
        (BASIC, IN_BODY, 200),
        (BASIC, {"client_id": "another"}, 400),
        (BASIC, {**IN_BODY, "client_secret": "another"}, 400),
        ({}, {"client_secret": DEMO_CLIENT_SECRET}, 400),
        ({}, {}, 400),
        (WRONG, {}, 401),
        ({}, {**IN_BODY, "client_secret": "wrong"}, 401),
        ({"Authorization": "Basic ???"}, {}, 401),
    ],
)
async def test_an_integration_is_known_by_basic_or_body_and_never_by_two_that_differ(
    sandbox: Sandbox, endpoint: str, headers: dict[str, str], form: dict[str, str], status: int
) -> None:
    tokens = await sandbox.sign_in()
    data = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **form}
    answer = await sandbox.request("POST", endpoint, headers=headers, data=data)
    assert answer.status == status, answer.text
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


async def test_a_400_says_what_was_seen(sandbox: Sandbox) -> None:
    answer = await sandbox.refresh("any", client_id=None)
    assert "no client_id in the body and no Basic credentials" in answer.data["message"]


async def test_basic_credentials_may_be_form_encoded_before_they_are_joined(
    sandbox: Sandbox,
) -> None:
    """RFC 6749 section 2.3.1 asks for it; many clients join them as they are."""
    body = {"client_id": "a b:c", "client_secret": "d+e%", "redirect_uris": []}
    await sandbox.control("POST", "/integrations", body)
    data = {"grant_type": "refresh_token", "refresh_token": "x"}
    headers = {"Authorization": aiohttp.encode_basic_auth("a+b%3Ac", "d%2Be%25")}
    answer = await sandbox.request("POST", "/v1/access_token", headers=headers, data=data)
    assert "refresh token" in answer.data["message"]


async def test_ciscos_node_sdk_meets_idbroker_as_it_expects_it(sandbox: Sandbox) -> None:
    """It redeems and refreshes there, and tolerates that a scope cannot be reduced."""
    code = (await sandbox.callback(code_challenge=None, code_challenge_method=None))["code"]
    place = "/idb/oauth2/v1/access_token"
    data = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
    tokens = (await sandbox.request("POST", place, headers=BASIC, data=data)).data
    reduction = {
        "grant_type": "urn:cisco:oauth:grant-type:scope-reduction",
        "token": tokens["access_token"],
        "scope": "spark:kms",
    }
    refused = await sandbox.request("POST", place, headers=BASIC, data=reduction)
    assert (refused.status, refused.data["error"]) == (400, "unsupported_grant_type")
    assert refused.data["trackingID"] == refused.headers["trackingid"]
    data = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    fresh = (await sandbox.request("POST", place, headers=BASIC, data=data)).data
    assert fresh["access_token"] != tokens["access_token"]
    assert (await sandbox.revoke(tokens["access_token"])).status == 200
    counted = await sandbox.control("GET", "/calls")
    assert counted[f"POST {place} refresh_token"] == 1


async def test_the_token_endpoint_takes_forms_only(sandbox: Sandbox) -> None:
    answer = await sandbox.request("POST", "/v1/access_token", json={})
    assert_webex_error(answer, 415)


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"grant_type=\xff", FORM),
        (b"grant_type=refresh_token", f"{FORM}; charset=none-such"),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused_in_webex_words(
    sandbox: Sandbox, data: bytes, content_type: str
) -> None:
    answer = await sandbox.request(
        "POST", "/v1/access_token", data=data, headers={"Content-Type": content_type}
    )
    assert_webex_error(answer, 400)


@pytest.mark.parametrize("verifier", ["v" * 42, "v" * 129, "v" * 42 + "+", "v" * 42 + "ä"])
async def test_a_verifier_that_rfc_7636_does_not_allow_is_refused(
    sandbox: Sandbox, verifier: str
) -> None:
    """Section 4.1: 43 characters or more, 128 at most, and none that a form has to encode."""
    callback = await sandbox.callback(code_challenge=challenge_of(verifier))
    answer = await sandbox.redeem(callback["code"], code_verifier=verifier)
    assert_webex_error(answer, 400)


@pytest.mark.parametrize("verifier", ["v" * 43, "v" * 128, "~._-" * 11])
async def test_a_verifier_that_rfc_7636_allows_is_taken(sandbox: Sandbox, verifier: str) -> None:
    callback = await sandbox.callback(code_challenge=challenge_of(verifier))
    assert (await sandbox.redeem(callback["code"], code_verifier=verifier)).status == 200


async def test_a_code_of_one_integration_is_worth_nothing_to_another(sandbox: Sandbox) -> None:
    await _register_another(sandbox)
    code = (await sandbox.callback())["code"]
    answer = await sandbox.redeem(code, client_id="another", client_secret="insecure-other")
    assert_webex_error(answer, 400)


async def test_a_refresh_gives_a_new_access_token_and_keeps_the_refresh_token(
    sandbox: Sandbox,
) -> None:
    first = await sandbox.sign_in()
    answer = await sandbox.refresh(first["refresh_token"])
    assert answer.status == 200
    assert answer.data["access_token"] != first["access_token"]
    assert answer.data["refresh_token"] == first["refresh_token"]
    assert await _me(sandbox, answer.data) == 200


async def test_a_refresh_token_that_is_used_lives_on(sandbox: Sandbox) -> None:
    first = await sandbox.sign_in()
    for _ in range(3):
        await sandbox.control("POST", "/clock", {"advance_seconds": 60 * DAY})
        assert (await sandbox.refresh(first["refresh_token"])).status == 200
    await sandbox.control("POST", "/clock", {"advance_seconds": 91 * DAY})
    assert_webex_error(await sandbox.refresh(first["refresh_token"]), 400)


async def test_a_rotated_refresh_token_is_dead(sandbox: Sandbox) -> None:
    await sandbox.control("PATCH", "/policy", {"refresh_mode": "rotating"})
    first = await sandbox.sign_in()
    second = (await sandbox.refresh(first["refresh_token"])).data
    assert second["refresh_token"] != first["refresh_token"]
    assert_webex_error(await sandbox.refresh(first["refresh_token"]), 400)
    assert (await sandbox.refresh(second["refresh_token"])).status == 200


async def test_a_sticky_refresh_answers_with_the_same_token_for_a_day(sandbox: Sandbox) -> None:
    await sandbox.control("PATCH", "/policy", {"refresh_mode": "sticky"})
    first = await sandbox.sign_in()
    await sandbox.control("POST", "/clock", {"advance_seconds": 1_000})
    same = (await sandbox.refresh(first["refresh_token"])).data
    assert same["access_token"] == first["access_token"]
    assert same["expires_in"] == pytest.approx(first["expires_in"] - 1_000, abs=5)
    await sandbox.control("POST", "/clock", {"advance_seconds": DAY})
    new = (await sandbox.refresh(first["refresh_token"])).data
    assert new["access_token"] != first["access_token"]


async def test_a_sticky_refresh_never_answers_with_a_dead_token(sandbox: Sandbox) -> None:
    await sandbox.control("PATCH", "/policy", {"refresh_mode": "sticky"})
    first = await sandbox.sign_in()
    await sandbox.control("POST", "/tokens/expire", {"email": "ada@example.com"})
    again = (await sandbox.refresh(first["refresh_token"])).data
    assert again["access_token"] != first["access_token"]


async def test_a_refresh_may_answer_without_a_refresh_token(sandbox: Sandbox) -> None:
    await sandbox.control("PATCH", "/policy", {"refresh_mode": "absent"})
    first = await sandbox.sign_in()
    answer = await sandbox.refresh(first["refresh_token"])
    assert set(answer.data) == {"access_token", "expires_in", "token_type", "scope"}
    assert (await sandbox.refresh(first["refresh_token"])).status == 200


async def test_refresh_tokens_can_be_expired_for_everybody(sandbox: Sandbox) -> None:
    first = await sandbox.sign_in()
    await sandbox.control("PATCH", "/policy", {"refresh_mode": "expired"})
    assert_webex_error(await sandbox.refresh(first["refresh_token"]), 400)


async def test_only_the_access_token_is_sure_when_the_policy_omits_the_rest(
    sandbox: Sandbox,
) -> None:
    omit = ["expires_in", "refresh_token", "refresh_token_expires_in", "scope", "token_type"]
    await sandbox.control("PATCH", "/policy", {"omit": omit})
    assert set(await sandbox.sign_in()) == {"access_token"}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"refresh_token": "made-up"}, 400),
        ({"refresh_token": None}, 400),
        ({"client_secret": "wrong"}, 401),
    ],
)
async def test_a_wrong_refresh_is_refused_in_webex_words(
    sandbox: Sandbox, changed: dict[str, str | None], status: int
) -> None:
    first = await sandbox.sign_in()
    answer = await sandbox.refresh(**{"refresh_token": first["refresh_token"], **changed})
    assert_webex_error(answer, status)


async def test_a_refresh_token_of_one_integration_is_worth_nothing_to_another(
    sandbox: Sandbox,
) -> None:
    await _register_another(sandbox)
    first = await sandbox.sign_in()
    answer = await sandbox.refresh(
        first["refresh_token"], client_id="another", client_secret="insecure-other"
    )
    assert_webex_error(answer, 400)


async def test_an_access_token_ends_when_its_lifetime_is_over(sandbox: Sandbox) -> None:
    await sandbox.control("PATCH", "/policy", {"access_token_seconds": 64_799})
    tokens = await sandbox.sign_in()
    assert tokens["expires_in"] == 64_799
    await sandbox.control("POST", "/clock", {"advance_seconds": 64_800})
    assert await _me(sandbox, tokens) == 401


async def test_a_revoked_access_token_is_dead_and_its_siblings_live(sandbox: Sandbox) -> None:
    first = await sandbox.sign_in()
    second = (await sandbox.refresh(first["refresh_token"])).data
    assert (await sandbox.revoke(first["access_token"])).status == 200
    assert await _me(sandbox, first) == 401
    assert await _me(sandbox, second) == 200
    assert (await sandbox.refresh(first["refresh_token"])).status == 200


async def test_revoking_the_refresh_token_ends_the_whole_grant(sandbox: Sandbox) -> None:
    first = await sandbox.sign_in()
    second = (await sandbox.refresh(first["refresh_token"])).data
    assert (await sandbox.revoke(first["refresh_token"])).status == 200
    assert await _me(sandbox, first) == 401
    assert await _me(sandbox, second) == 401
    assert (await sandbox.refresh(first["refresh_token"])).status == 400


async def test_another_person_and_sign_in_outlive_a_revocation(sandbox: Sandbox) -> None:
    mine, other = await sandbox.sign_in(), await sandbox.sign_in("grace@example.com")
    await sandbox.revoke(mine["refresh_token"])
    assert await _me(sandbox, other) == 200


@pytest.mark.parametrize("ends_others", [False, True])
async def test_revoking_one_grant_ends_the_persons_others_if_the_policy_says_so(
    sandbox: Sandbox, *, ends_others: bool
) -> None:
    await sandbox.control("PATCH", "/policy", {"revoking_ends_others": ends_others})
    first, second = await sandbox.sign_in(), await sandbox.sign_in()
    somebody = await sandbox.sign_in("grace@example.com")
    await sandbox.revoke(first["refresh_token"])
    assert await _me(sandbox, first) == 401
    assert await _me(sandbox, second) == (401 if ends_others else 200)
    assert (await sandbox.refresh(second["refresh_token"])).status == (400 if ends_others else 200)
    assert await _me(sandbox, somebody) == 200


async def test_revoking_what_nobody_knows_is_no_error(sandbox: Sandbox) -> None:
    assert (await sandbox.revoke("made-up")).status == 200


async def test_revocation_needs_the_right_client(sandbox: Sandbox) -> None:
    await _register_another(sandbox)
    tokens = await sandbox.sign_in()
    wrong = await sandbox.revoke(tokens["access_token"], secret="wrong")
    assert wrong.status == 401
    assert wrong.data["error"] == "invalid_client"
    foreign = await sandbox.revoke(tokens["access_token"], "another", "insecure-other")
    assert foreign.status == 400
    bare = await sandbox.request("POST", "/idb/oauth2/v1/revoke", data={"token": "x"})
    assert bare.status == 400
    assert set(bare.data) == {"error", "error_description", "trackingID"}
    assert bare.data["trackingID"] == bare.headers["trackingid"]
    assert await _me(sandbox, tokens) == 200


async def test_revocation_needs_a_token(sandbox: Sandbox) -> None:
    answer = await sandbox.revoke("")
    assert answer.status == 400
    assert answer.data["error"] == "invalid_request"


async def _register_another(sandbox: Sandbox) -> None:
    body = {
        "client_id": "another",
        "client_secret": "insecure-other",
        "redirect_uris": ["http://localhost:8080/oauth"],
    }
    await sandbox.control("POST", "/integrations", body)


async def _me(sandbox: Sandbox, tokens: dict[str, Any]) -> int:
    answer = await sandbox.request("GET", "/v1/people/me", token=tokens["access_token"])
    return answer.status

"""OpenID Connect at the sandbox, judged by a client that was not written here: Authlib."""

import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest
from authlib.deprecate import AuthlibDeprecationWarning
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from harness.person import consent
from tests.service.sandbox import (
    REDIRECT_URI,
    Sandbox,
    assert_webex_error,
    parameters_of,
    running_sandbox,
)
from webex_sandbox.sign_in.integrations import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET

with warnings.catch_warnings():
    # Authlib would rather use a successor of httpx.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.base_client.async_app import AsyncOAuth2Mixin
    from authlib.integrations.base_client.async_openid import AsyncOpenIDMixin
    from authlib.integrations.base_client.sync_app import BaseApp
    from authlib.integrations.httpx_client import AsyncOAuth2Client

SCOPES = "openid email profile spark:people_read"
NONCE = "n-0S6_WzA2Mj"


class Integration(AsyncOAuth2Mixin, AsyncOpenIDMixin, BaseApp):  # type: ignore[misc]
    """Authlib's client as its web integrations assemble it, without a web framework."""

    client_cls = AsyncOAuth2Client


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
def integration(sandbox: Sandbox) -> Any:
    return Integration(
        framework=None,
        client_id=DEMO_CLIENT_ID,
        client_secret=DEMO_CLIENT_SECRET,
        server_metadata_url=f"{sandbox.url}/v1/.well-known/openid-configuration",
        client_kwargs={
            "scope": SCOPES,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_post",
        },
    )


async def _signed_in(integration: Any, sandbox: Sandbox) -> tuple[dict[str, Any], str]:
    """Sign in by discovery and PKCE; give the token answer and the nonce."""
    begun = await integration.create_authorization_url(REDIRECT_URI)
    callback = parameters_of(await consent(sandbox.http, begun["url"], "zoe@example.com"))
    assert callback["state"] == begun["state"]
    token = await integration.fetch_access_token(
        REDIRECT_URI, code=callback["code"], code_verifier=begun["code_verifier"]
    )
    return token, begun["nonce"]


async def test_a_client_not_written_here_can_sign_in_and_knows_who_it_is(
    sandbox: Sandbox, integration: Any
) -> None:
    token, nonce = await _signed_in(integration, sandbox)
    claims = await integration.parse_id_token(token, nonce=nonce)
    person = await integration.userinfo(token=token)
    assert claims["sub"] == person["sub"]
    assert person["name"] == "Zoë Ångström"
    assert person["email"] == "zoe@example.com"
    assert person["email_verified"] == "true"


async def test_a_client_not_written_here_can_refresh_and_revoke(
    sandbox: Sandbox, integration: Any
) -> None:
    token, _ = await _signed_in(integration, sandbox)
    metadata = await integration.load_server_metadata()
    async with AsyncOAuth2Client(
        DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, token_endpoint_auth_method="client_secret_post"
    ) as client:
        fresh = await client.refresh_token(
            metadata["token_endpoint"], refresh_token=token["refresh_token"]
        )
        assert fresh["access_token"] != token["access_token"]
        revoked = await client.revoke_token(
            metadata["revocation_endpoint"], fresh["refresh_token"], "refresh_token"
        )
    assert revoked.status_code == 200
    me = await sandbox.request("GET", "/v1/people/me", token=fresh["access_token"])
    assert me.status == 401


async def test_a_client_not_written_here_is_refused_with_a_wrong_nonce(
    sandbox: Sandbox, integration: Any
) -> None:
    token, _ = await _signed_in(integration, sandbox)
    with pytest.raises(JoseError, match="nonce"):
        await integration.parse_id_token(token, nonce="another")


async def test_the_id_token_is_signed_and_says_for_whom_and_when(sandbox: Sandbox) -> None:
    tokens = await sandbox.sign_in(scope=SCOPES, nonce=NONCE)
    keys = KeySet.import_key_set((await sandbox.request("GET", "/v1/verification")).data)
    token = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"])
    claims = token.claims
    assert claims["iss"] == f"{sandbox.url}/idb"
    assert claims["aud"] == DEMO_CLIENT_ID
    assert claims["nonce"] == NONCE
    assert claims["auth_time"] <= claims["iat"] < claims["exp"]
    # As at Webex, e-mail and profile come from /userinfo only.
    assert {"email", "name"}.isdisjoint(claims)


async def test_a_changed_id_token_does_not_verify(sandbox: Sandbox) -> None:
    tokens = await sandbox.sign_in(scope=SCOPES, nonce=NONCE)
    keys = KeySet.import_key_set((await sandbox.request("GET", "/v1/verification")).data)
    header, claims, signature = tokens["id_token"].split(".")
    forged = f"{header}.{claims[:-2]}AA.{signature}"
    with pytest.raises(JoseError):
        jwt.decode(forged, keys, algorithms=["RS256"])


async def test_without_openid_there_is_no_id_token_and_no_userinfo(sandbox: Sandbox) -> None:
    tokens = await sandbox.sign_in(scope="spark:people_read email")
    assert "id_token" not in tokens
    answer = await sandbox.request("GET", "/v1/userinfo", token=tokens["access_token"])
    assert_webex_error(answer, 403)


async def test_userinfo_tells_only_what_the_scopes_allow(sandbox: Sandbox) -> None:
    bare = await sandbox.request(
        "GET", "/v1/userinfo", token=await sandbox.token_of("ada@example.com", "openid")
    )
    assert set(bare.data) == {"sub"}
    email = await sandbox.request(
        "GET", "/v1/userinfo", token=await sandbox.token_of("ada@example.com", "openid email")
    )
    assert set(email.data) == {"sub", "email", "email_verified"}
    assert_webex_error(await sandbox.request("GET", "/v1/userinfo"), 401)


async def test_userinfo_is_told_to_a_post_too(sandbox: Sandbox) -> None:
    """OpenID Connect Core 5.3.1; RFC 6750 section 2.2 lets the token stand in the form."""
    token = await sandbox.token_of("ada@example.com", "openid email")
    by_header = await sandbox.request("POST", "/v1/userinfo", token=token)
    in_form = await sandbox.request("POST", "/v1/userinfo", data={"access_token": token})
    assert by_header.data["email"] == in_form.data["email"] == "ada@example.com"
    assert_webex_error(await sandbox.request("POST", "/v1/userinfo"), 401)


async def test_discovery_names_addresses_that_answer(sandbox: Sandbox) -> None:
    document = (await sandbox.request("GET", "/v1/.well-known/openid-configuration")).data
    for name, expected in {
        "authorization_endpoint": ("GET", 400),
        "token_endpoint": ("POST", 415),
        "userinfo_endpoint": ("GET", 401),
        "jwks_uri": ("GET", 200),
        "revocation_endpoint": ("POST", 400),
    }.items():
        method, status = expected
        assert (await sandbox.request(method, document[name])).status == status, name


async def test_links_never_follow_a_strange_host_header(sandbox: Sandbox) -> None:
    answer = await sandbox.request(
        "GET", "/v1/.well-known/openid-configuration", headers={"Host": "evil.example"}
    )
    assert "evil.example" not in answer.text

"""OpenID Connect: discovery, keys, the ID token's claims, and /v1/userinfo."""

import hashlib
from typing import Any

from aiohttp import web

from webex_sandbox.addresses import api_origin
from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import read_form
from webex_sandbox.people import Person, avatar_url
from webex_sandbox.scopes import IDENTIFY, REGISTERED_SCOPES, UNREGISTERED_SCOPES
from webex_sandbox.settings import SETTINGS, Settings
from webex_sandbox.sign_in.bearer import authenticate
from webex_sandbox.sign_in.codes import Code
from webex_sandbox.sign_in.signing_key import SIGNING_KEY, base64url

_ID_TOKEN_SECONDS = 3600
_CLIENT_AUTHENTICATION = ("client_secret_basic", "client_secret_post")
_CLAIMS = (
    *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash"),
    *("email", "email_verified"),
    *("name", "given_name", "family_name", "preferred_username", "nickname", "picture"),
)


def issuer(settings: Settings) -> str:
    """Give the issuer; as at Webex, it is idbroker's name and not the API's."""
    return f"{settings.url}/idb"


async def discovery(request: web.Request) -> web.Response:
    """Describe the provider (OpenID Connect Discovery section 3)."""
    settings, origin = request.app[SETTINGS], api_origin(request)
    return json_answer(
        {
            "issuer": issuer(settings),
            # The only address that a browser visits.
            "authorization_endpoint": f"{settings.url}/v1/authorize",
            "token_endpoint": f"{origin}/v1/access_token",
            "userinfo_endpoint": f"{origin}/v1/userinfo",
            "jwks_uri": f"{origin}/v1/verification",
            "revocation_endpoint": f"{origin}/idb/oauth2/v1/revoke",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": list(_CLIENT_AUTHENTICATION),
            "revocation_endpoint_auth_methods_supported": list(_CLIENT_AUTHENTICATION),
            "code_challenge_methods_supported": ["plain", "S256"],
            "scopes_supported": sorted(REGISTERED_SCOPES | UNREGISTERED_SCOPES),
            "claims_supported": list(_CLAIMS),
        }
    )


async def verification(request: web.Request) -> web.Response:
    """Give the keys that verify an ID token."""
    return json_answer(request.app[SIGNING_KEY].jwks())


async def userinfo(request: web.Request) -> web.Response:
    """Tell what the scopes email and profile allow (OpenID Connect Core section 5.3.1).

    Asked by GET, or by POST, where the token may be a field of the form.
    """
    form = await read_form(request) if request.method == "POST" else {}
    in_form = form.get("access_token", "")
    grant = authenticate(request, IDENTIFY, in_form if isinstance(in_form, str) else "").grant
    claims: dict[str, Any] = {"sub": grant.person.uuid}
    if "email" in grant.scopes:
        # A string, as in Cisco's sample, where the standard has a boolean.
        claims |= {"email": grant.person.email, "email_verified": "true"}
    if "profile" in grant.scopes:
        claims |= _profile(grant.person, request.app[SETTINGS].url)
    return json_answer(claims)


def id_token(app: web.Application, code: Code, access_token: str, now: float) -> str:
    """Make the ID token that comes with the access token (OpenID Connect Core section 2)."""
    digest = hashlib.sha256(access_token.encode()).digest()
    nonce = {"nonce": code.request.nonce} if code.request.nonce else {}
    return app[SIGNING_KEY].sign(
        {
            **nonce,
            "iss": issuer(app[SETTINGS]),
            "sub": code.person.uuid,
            "aud": code.request.integration.client_id,
            "exp": int(now) + _ID_TOKEN_SECONDS,
            "iat": int(now),
            "auth_time": int(code.signed_in_at),
            "at_hash": base64url(digest[: len(digest) // 2]),
        }
    )


def _profile(person: Person, sandbox_url: str) -> dict[str, str]:
    claims = {
        "name": person.display_name,
        "given_name": person.first_name,
        "family_name": person.last_name,
        "preferred_username": person.email,
    }
    if person.nick_name:
        claims["nickname"] = person.nick_name
    if person.has_avatar:
        claims["picture"] = avatar_url(person, sandbox_url)
    return claims

"""The OAuth 2.0 authorization code grant with PKCE, pure: no network, no clock, no storage.

Sources: RFC 6749 sections 4.1 and 6, RFC 7636 (PKCE), RFC 9700; for what Webex adds, the developer
guide "Integrations & Authorization".
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any

from common.base64url import to_text
from common.sessions.record import Tokens
from common.silent import Silent
from common.webex.form import form_encoded
from common.webex.scopes import OPENID, split_scopes

SELECT_ACCOUNT = "select_account"
MAX_PARAMETER_LENGTH = 2048
CALLBACK_PARAMETERS = ("code", "state", "error")
# A lifetime beyond ten years is a mistake; a timestamp must stay a sane number.
MAX_LIFETIME_SECONDS = 10 * 365 * 86400


class CallbackMalformed(ValueError):
    """The callback's parameters are missing, doubled, oversized or contradictory."""


class TokensMalformed(ValueError):
    """The token endpoint's answer has no usable access token."""


@dataclass(frozen=True)
class Client:
    """The integration as registered at Webex."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


class Callback(Silent, frozen=True):
    """What Webex sent the browser back with: a code, or an error; and the state, if it came."""

    code: str | None
    state: str | None
    error: str | None


def new_state() -> str:
    """256 random bits (RFC 9700 section 2.1: one-time, bound to the browser by the caller)."""
    return secrets.token_urlsafe(32)


def new_code_verifier() -> str:
    """43 characters, 256 random bits (RFC 7636 section 4.1)."""
    return secrets.token_urlsafe(32)


def code_challenge(verifier: str) -> str:
    """S256: BASE64URL(SHA256(verifier)) without padding (RFC 7636 section 4.2)."""
    return to_text(sha256(verifier.encode()).digest())


def nonce_of(verifier: str) -> str:
    """What ties an ID token to this sign-in (OpenID Connect Core section 2), and tells no verifier."""
    return to_text(sha256(f"nonce {verifier}".encode()).digest())


def authorization_url(  # noqa: PLR0913 - the parameters of one request
    endpoint: str,
    client: Client,
    *,
    scopes: Sequence[str],
    state: str,
    verifier: str,
    max_age: int | None = None,
    prompt: str | None = None,
) -> str:
    """The address that starts the flow at Webex (RFC 6749 section 4.1.1, OpenID Connect Core 3.1.2.1).

    Webex wants a nonce with the scope openid. `max_age` is in seconds. With the `prompt` SELECT_ACCOUNT
    it offers another account than the one that is signed in there.
    """
    own = {
        "state": state,
        "code_challenge": code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    if OPENID in scopes:
        own["nonce"] = nonce_of(verifier)
    if max_age is not None:
        own["max_age"] = str(max_age)
    if prompt is not None:
        own["prompt"] = prompt
    return f"{endpoint}?{_same_for_all(client, tuple(scopes))}&{form_encoded(own)}"


@lru_cache(maxsize=64)
def _same_for_all(client: Client, scopes: tuple[str, ...]) -> str:
    """What all authorization requests for these scopes have in common, encoded once."""
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": " ".join(scopes),
    }
    return form_encoded(query)


def parse_callback(parameters: Sequence[tuple[str, str]]) -> Callback:
    """Read the callback's query (RFC 6749 section 4.1.2); raise CallbackMalformed."""
    values: dict[str, str] = {}
    for name, value in parameters:
        if name not in CALLBACK_PARAMETERS:
            continue
        if name in values or not 0 < len(value) <= MAX_PARAMETER_LENGTH:
            raise CallbackMalformed(name)
        # Only these characters can be in a code or an error (RFC 6749, appendix A.7 and A.11).
        if not value.isascii() or not value.isprintable():
            raise CallbackMalformed(name)
        values[name] = value
    if ("code" in values) == ("error" in values) or ("code" in values and "state" not in values):
        raise CallbackMalformed("code")
    return Callback(values.get("code"), values.get("state"), values.get("error"))


def code_exchange_form(client: Client, *, code: str, verifier: str) -> dict[str, str]:
    """The token request (RFC 6749 section 4.1.3); Webex wants the secret besides the verifier."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "code_verifier": verifier,
    }


def refresh_form(client: Client, *, refresh_token: str) -> dict[str, str]:
    """The refresh request (RFC 6749 section 6)."""
    return {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
    }


def parse_tokens(body: dict[str, Any], *, now: int, asked: Sequence[str]) -> Tokens:
    """Read the token endpoint's answer (RFC 6749 section 5.1); raise TokensMalformed.

    Only the access token is sure to be there. Without `scope` what was asked for was granted.
    """
    return Tokens(
        access_token=_token(body, "access_token"),
        access_ends_at=_end(body.get("expires_in"), now),
        refresh_token=_token(body, "refresh_token") if body.get("refresh_token") else None,
        refresh_ends_at=_end(body.get("refresh_token_expires_in"), now),
        scopes=_granted(body.get("scope"), asked),
    )


def _token(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    # It becomes part of a header: only what RFC 6750 section 2.1 lets into one.
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise TokensMalformed(name)
    if " " in value or len(value) > 2 * MAX_PARAMETER_LENGTH:
        raise TokensMalformed(name)
    return value


def _end(lifetime: object, now: int) -> int | None:
    """When a lifetime in seconds ends; None for a lifetime that makes no sense."""
    if (
        isinstance(lifetime, str)
        and lifetime.isascii()
        and lifetime.isdigit()
        and len(lifetime) < 12
    ):
        lifetime = int(lifetime)
    if isinstance(lifetime, bool) or not isinstance(lifetime, int | float):
        return None
    if not 0 < lifetime <= MAX_LIFETIME_SECONDS:
        return None
    return now + int(lifetime)


def _granted(scope: object, asked: Sequence[str]) -> tuple[str, ...]:
    return split_scopes(scope) if isinstance(scope, str) and scope.strip() else tuple(asked)


def is_grant_over(status: int, body: Mapping[str, Any]) -> bool:
    """Whether a refused refresh says that the grant is over; nothing else ends a session.

    By invalid_grant (RFC 6749 section 5.2), or by the shape in which Webex refuses a refresh token: 400
    with message, errors and trackingId, and no `error`. A word without that shape may be a proxy's.
    """
    if "error" in body:
        return bool(body["error"] == "invalid_grant")
    errors = body.get("errors")
    described = isinstance(errors, list) and any(
        isinstance(each, dict) and isinstance(each.get("description"), str) for each in errors
    )
    named = isinstance(body.get("message"), str) and isinstance(body.get("trackingId"), str)
    return status == 400 and described and named

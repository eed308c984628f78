"""ID tokens as proof: whatever is wrong with one, nobody is taken to have shown who they are."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from auth_service.oauth.id_token import (
    LEEWAY_SECONDS,
    Issuer,
    ProofMissing,
    ProofTooOld,
    check_proof,
)

NAME, CLIENT, NONCE, MAX_AGE = "https://idbroker.example/idb", "insecure-client", "nonce", 300
NOW = 4_000_000_000  # ahead of any clock: PyJWT looks at its own for exp and iat


def _key(name: str) -> tuple[rsa.RSAPrivateKey, dict[str, Any]]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return private, {**public, "kid": name, "alg": "RS256", "use": "sig"}


KEY, PUBLIC = _key("one")
STRANGERS, _ = _key("one")
ISSUER = Issuer(NAME, jwt.PyJWKSet.from_dict({"keys": [PUBLIC]}))


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyJWT's clock, too."""
    real = datetime

    class Now(real):  # type: ignore[valid-type, misc]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real.fromtimestamp(NOW, tz)

    monkeypatch.setattr("jwt.api_jwt.datetime", Now)


def claims(**changes: Any) -> dict[str, Any]:
    good = {
        "iss": NAME,
        "sub": "insecure-person",
        "aud": CLIENT,
        "exp": NOW + 3600,
        "iat": NOW,
        "auth_time": NOW - 10,
        "nonce": NONCE,
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(key: rsa.RSAPrivateKey = KEY, kid: str = "one", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm="RS256", headers={"kid": kid})


def check(token: str, *, max_age: int = MAX_AGE) -> None:
    check_proof(
        token, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, max_age=max_age, now=float(NOW)
    )


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned() -> str:
    return f"{part({'alg': 'none', 'kid': 'one'})}.{part(claims())}."


def signed_with_the_public_key() -> str:
    """The public key, taken for a shared secret."""
    head = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims())}"
    digest = hmac.new(json.dumps(PUBLIC).encode(), head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def test_a_token_of_webex_for_this_sign_in_is_proof() -> None:
    check(signed())
    check(signed(aud=[CLIENT]))
    check(signed(auth_time=NOW), max_age=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"]},
        {"aud": []},
        {"exp": NOW - LEEWAY_SECONDS - 1},
        {"iat": NOW + LEEWAY_SECONDS + 10},
        {"nonce": "another sign-in's"},
        {"nonce": ["nonce"]},
        {"auth_time": "now"},
        {"auth_time": True},
        {"auth_time": "inf"},
        *({name: None} for name in ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce")),
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ProofMissing):
        check(signed(**wrong))


@pytest.mark.parametrize(
    "make",
    [
        lambda: signed(STRANGERS),
        lambda: signed(kid="another"),
        unsigned,
        signed_with_the_public_key,
        lambda: signed()[:-4],
        lambda: "",
        lambda: "a.b.c",
        lambda: "\ud800",
    ],
)
def test_a_token_that_webex_did_not_sign_is_none(make: Callable[[], str]) -> None:
    with pytest.raises(ProofMissing):
        check(make())


@pytest.mark.parametrize(
    "proved_at", [NOW - MAX_AGE - LEEWAY_SECONDS - 1, 0, NOW + LEEWAY_SECONDS + 1, 1e300]
)
def test_what_was_proved_too_long_ago_or_in_the_future_does_not_count(proved_at: float) -> None:
    with pytest.raises(ProofTooOld):
        check(signed(auth_time=proved_at))

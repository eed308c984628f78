"""The RSA key that signs ID tokens, new at every start (RFC 7515, RFC 7517, RFC 7518)."""

import base64
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from webex_sandbox.ids import new_uuid

_BITS = 2048


class SigningKey:
    def __init__(self) -> None:
        self._id = new_uuid()

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        # Made when first needed: a sandbox without OpenID Connect starts without waiting for it.
        return rsa.generate_private_key(public_exponent=65537, key_size=_BITS)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Give the public key as a JSON Web Key Set."""
        numbers = self._key.public_key().public_numbers()
        key = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self._id,
            "n": _number(numbers.n),
            "e": _number(numbers.e),
        }
        return {"keys": [key]}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Give the claims as a JSON Web Token, signed with RS256."""
        header = {"typ": "JWT", "alg": "RS256", "kid": self._id}
        signed = f"{_json(header)}.{_json(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{base64url(signature)}"


SIGNING_KEY = web.AppKey("SIGNING_KEY", SigningKey)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _json(data: Mapping[str, Any]) -> str:
    return base64url(json.dumps(data, separators=(",", ":")).encode())


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))

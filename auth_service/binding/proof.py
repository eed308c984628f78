"""The proof that a browser has a session's key: a JWT that it signs. Pure: no network, no clock.

Only what the draft needs is taken: two algorithms, one type, and never a key that the token brings along or
points to, but for the one that it registers. Sources: W3C Device Bound Session Credentials, "DBSC proof";
RFC 7515 (JWS), RFC 7518 sections 3.3, 3.4 and 6 (ES256, RS256, keys), RFC 8725 (best practices for JWT).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import msgspec

if TYPE_CHECKING:
    # Imported with the first proof, in 20 ms: where none comes, 2 MB stay free.
    import jwt

ALGORITHMS = ("ES256", "RS256")
TYPE = "dbsc+jwt"
# An RSA key of 4096 bits and its signature take 2 kB.
LONGEST = 4096
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
# Members of a public key, and what they may be: a number of so many bytes, in base64url.
P256_NUMBER = re.compile(r"[A-Za-z0-9_-]{43}")
RSA_MODULUS = re.compile(r"[A-Za-z0-9_-]{342,683}")
RSA_EXPONENT = "AQAB"


class ProofRefused(Exception):
    """It is no proof: not one JWT of the right kind, or not signed with the key."""


@dataclass(frozen=True)
class DeviceKey:
    """A public key as it is kept: its algorithm, and the members that make it (RFC 7518 section 6)."""

    algorithm: str
    members: dict[str, str] = field(repr=False)

    @classmethod
    def of(cls, algorithm: str, jwk: object) -> Self:
        """Take from a JSON Web Key what is its public key, and nothing else; raise ProofRefused."""
        found = jwk if isinstance(jwk, dict) else {}
        names = ("crv", "kty", "x", "y") if algorithm == "ES256" else ("e", "kty", "n")
        members = {name: str(found.get(name, "")) for name in names}
        if not (_is_p256(members) if algorithm == "ES256" else _is_rsa(members)):
            raise ProofRefused
        key = cls(algorithm, members)
        key.public()
        return key

    def public(self) -> jwt.PyJWK:
        """Raise ProofRefused if it is no point of the curve, or no key."""
        import jwt  # noqa: PLC0415 - see the import above

        try:
            return jwt.PyJWK.from_dict(self.members, algorithm=self.algorithm)
        except (jwt.PyJWTError, ValueError):
            raise ProofRefused from None

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        return msgspec.json.decode(data, type=cls)


def registered(token: str, *, audience: str) -> tuple[DeviceKey, str]:
    """The key that the proof registers, and the challenge that it answers; raise ProofRefused.

    `audience` is where it was sent to: some browsers say it, and then it has to be right.
    """
    header = _header(token)
    key = DeviceKey.of(header["alg"], header.get("jwk"))
    return key, _challenge(token, key, audience)


def answered(token: str, key: DeviceKey, *, audience: str) -> str:
    """The challenge that a proof with this key answers; raise ProofRefused."""
    header = _header(token)
    # Another key than the one that is kept would be the sender's own.
    if header["alg"] != key.algorithm or "jwk" in header:
        raise ProofRefused
    return _challenge(token, key, audience)


def _header(token: str) -> dict[str, Any]:
    if len(token) > LONGEST or not SHAPE.fullmatch(token):
        raise ProofRefused
    import jwt  # noqa: PLC0415 - see the import above

    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise ProofRefused from None
    if header.get("typ") != TYPE or header.get("alg") not in ALGORITHMS or "crit" in header:
        raise ProofRefused
    return header


def _challenge(token: str, key: DeviceKey, audience: str) -> str:
    import jwt  # noqa: PLC0415 - see the import above

    try:
        claims: dict[str, Any] = jwt.decode(
            token, key.public(), algorithms=[key.algorithm], options=_ONLY_THE_SIGNATURE
        )
    except (jwt.PyJWTError, ValueError):
        raise ProofRefused from None
    challenge = claims.get("jti")
    if not isinstance(challenge, str) or claims.get("aud", audience) != audience:
        raise ProofRefused
    return challenge


# The claims are judged above: a challenge has its own age, and browsers send no times.
_ONLY_THE_SIGNATURE: Any = {
    "verify_signature": True,
    **dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss"), False),
    **dict.fromkeys(("verify_sub", "verify_jti"), False),
}


def _is_p256(members: dict[str, str]) -> bool:
    numbers = (members["x"], members["y"])
    return (
        members["kty"] == "EC"
        and members["crv"] == "P-256"
        and all(P256_NUMBER.fullmatch(number) for number in numbers)
    )


def _is_rsa(members: dict[str, str]) -> bool:
    return (
        members["kty"] == "RSA"
        and members["e"] == RSA_EXPONENT
        and RSA_MODULUS.fullmatch(members["n"]) is not None
    )

"""The ID token as proof that somebody has just shown Webex who they are, pure: no network, no clock.

Sources: OpenID Connect Core sections 2, 3.1.2.1 (max_age) and 3.1.3.7; Webex guide "Login with Webex". The
signature and the claims are verified by PyJWT.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Imported with the first ID token, in 20 ms: where none is asked for, 2 MB stay free.
    import jwt

ALGORITHMS = ("RS256",)
# By how much Webex's clock and ours may differ; seconds.
LEEWAY_SECONDS = 60
NEEDED = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce")


class ProofMissing(Exception):
    """There is no ID token, or it is not Webex's, or not of this sign-in."""


class ProofTooOld(Exception):
    """It is longer ago than asked for that the person showed Webex who they are."""


@dataclass(frozen=True)
class Issuer:
    """Who signs ID tokens, and with which keys."""

    name: str
    keys: jwt.PyJWKSet

    def key_of(self, token: str) -> jwt.PyJWK | None:
        """The key that the token names; None if it is not among them. Raise ProofMissing."""
        import jwt  # noqa: PLC0415 - see the import above

        try:
            name = jwt.get_unverified_header(token).get("kid")
        except (
            jwt.PyJWTError,
            ValueError,
        ):  # ValueError: half a surrogate pair, which JSON can spell
            raise ProofMissing from None
        return next((key for key in self.keys.keys if key.key_id == name), None)


def check_proof(  # noqa: PLR0913 - what each claim is held against
    token: str, *, issuer: Issuer, client_id: str, nonce: str, max_age: int, now: float
) -> None:
    """Raise ProofMissing, or ProofTooOld if it was more than `max_age` seconds before `now`."""
    key = issuer.key_of(token)
    if key is None:
        raise ProofMissing
    import jwt  # noqa: PLC0415 - see the import above

    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=client_id,
            issuer=issuer.name,
            leeway=LEEWAY_SECONDS,
            options={"require": list(NEEDED)},
        )
    except (jwt.PyJWTError, ValueError):  # ValueError: half a surrogate pair, which JSON can spell
        raise ProofMissing from None
    if claims["aud"] not in (client_id, [client_id]):
        raise ProofMissing  # meant for others as well
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise ProofMissing
    proved_at = claims["auth_time"]
    if isinstance(proved_at, bool) or not isinstance(proved_at, int | float):
        raise ProofMissing
    if not now - max_age - LEEWAY_SECONDS <= proved_at <= now + LEEWAY_SECONDS:
        raise ProofTooOld

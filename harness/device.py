"""A browser's part of Device Bound Session Credentials: a key, and the proofs that it signs with it.

As Chromium 156 writes them: the public key in the header of the first proof alone, a challenge as `jti`, and
no other claim.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from harness.browser_like import Answer, Browser

OFFER = re.compile(r'\(ES256 RS256\);path="(?P<path>[^"]+)";challenge="(?P<challenge>[\w-]+)"')
CHALLENGE = re.compile(r'"(?P<challenge>[\w-]+)";id="(?P<id>[\w-]+)"')
TYPE = "dbsc+jwt"


class Device:
    """What one browser keeps for one session."""

    def __init__(self, algorithm: str = "ES256") -> None:
        self.algorithm = algorithm
        self.key: Any = (
            ec.generate_private_key(ec.SECP256R1())
            if algorithm == "ES256"
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        self.session = ""
        self.renewal = ""
        self.challenge = ""

    @property
    def jwk(self) -> dict[str, str]:
        """The public key as a JSON Web Key (RFC 7517)."""
        numbers = self.key.public_key().public_numbers()
        if self.algorithm == "ES256":
            return {
                "crv": "P-256",
                "kty": "EC",
                "x": number(numbers.x, 32),
                "y": number(numbers.y, 32),
            }
        return {"e": "AQAB", "kty": "RSA", "n": number(numbers.n, self.key.key_size // 8)}

    def first_proof(self, challenge: str) -> str:
        header = {"alg": self.algorithm, "jwk": self.jwk, "typ": TYPE}
        return self.signed(header, {"jti": challenge})

    def proof(self, challenge: str) -> str:
        return self.signed({"alg": self.algorithm, "typ": TYPE}, {"jti": challenge})

    def signed(self, header: Mapping[str, object], claims: Mapping[str, object]) -> str:
        """Any JWT, signed with this key (RFC 7515)."""
        text = f"{_json(header)}.{_json(claims)}"
        return f"{text}.{base64url(self._signature(text.encode()))}"

    async def registers(self, browser: Browser, answer: Answer) -> Answer:
        """Take up the offer of a sign-in's answer, without cookies, as after a page of Webex."""
        offered = OFFER.fullmatch(answer.headers["Secure-Session-Registration"])
        assert offered
        proof = self.first_proof(offered["challenge"])
        registered = await self.sends(browser, offered["path"], proof)
        if registered.status == 200:
            told = registered.json()
            self.session, self.renewal = told["session_identifier"], told["refresh_url"]
            self._learns(registered)
        return registered

    async def renews(self, browser: Browser, proof: str | None = None) -> Answer:
        """Renew with the challenge that is known, or with a proof of another making."""
        proof = proof or self.proof(self.challenge)
        answer = await self.sends(browser, self.renewal, proof, Sec_Secure_Session_Id=self.session)
        self._learns(answer)
        return answer

    async def asks(self, browser: Browser) -> Answer:
        """Begin to renew without a challenge."""
        answer = await self.sends(browser, self.renewal, None, Sec_Secure_Session_Id=self.session)
        self._learns(answer)
        return answer

    async def sends(
        self, browser: Browser, path: str, proof: str | None, *, cookies: str = "", **headers: str
    ) -> Answer:
        """What the browser sends by itself; `cookies` as it has them to send."""
        if proof is not None:
            headers["Secure_Session_Response"] = proof
        sent = {"Cookie": cookies, "Sec_Fetch_Site": "same-origin", **headers}
        return await browser.send("POST", path, headers=sent)

    def _learns(self, answer: Answer) -> None:
        found = CHALLENGE.fullmatch(answer.headers.get("Secure-Session-Challenge", ""))
        if found:
            assert found["id"] == self.session
            self.challenge = found["challenge"]

    def _signature(self, text: bytes) -> bytes:
        if self.algorithm == "RS256":
            return bytes(self.key.sign(text, padding.PKCS1v15(), hashes.SHA256()))
        r, s = decode_dss_signature(self.key.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def number(value: int, size: int) -> str:
    return base64url(value.to_bytes(size, "big"))


def _json(data: Mapping[str, object]) -> str:
    return base64url(json.dumps(data, separators=(",", ":")).encode())

"""Authorization codes: good once, and only for a short time."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass

from aiohttp import web

from webex_sandbox.clock import Clock
from webex_sandbox.ids import webex_token
from webex_sandbox.people import Person
from webex_sandbox.sign_in.authorization import AuthorizationRequest
from webex_sandbox.sign_in.policy import TokenPolicy

_CODE_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Code:
    value: str
    request: AuthorizationRequest
    person: Person
    signed_in_at: float
    expires_at: float

    def problem(self, redirect_uri: str, code_verifier: str) -> str:
        """Say what keeps this code from being redeemed; nothing, if it may be.

        A redirect URI that the authorization request left out may be left out here too (RFC 6749
        section 4.1.3).
        """
        if redirect_uri or self.request.names_redirect_uri:
            if not redirect_uri:
                return "There is no redirect_uri in the body, and the code was asked for with one."
            if redirect_uri != self.request.redirect_uri:
                return "The redirect_uri is not the one that the code was issued for."
        if not self._accepts(code_verifier):
            return "The code_verifier does not match the code_challenge."
        return ""

    def _accepts(self, code_verifier: str) -> bool:
        """Check a code verifier against the challenge (RFC 7636 sections 4.1 and 4.6).

        A verifier without a challenge is refused too (RFC 9700 section 2.1.1).
        """
        challenge = self.request.code_challenge
        if not challenge or not code_verifier:
            return not challenge and not code_verifier
        if not _CODE_VERIFIER.fullmatch(code_verifier):
            return False
        if self.request.code_challenge_method == "plain":
            return secrets.compare_digest(code_verifier, challenge)
        digest = hashlib.sha256(code_verifier.encode()).digest()
        computed = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return secrets.compare_digest(computed, challenge)


class Codes:
    """The codes that nobody has redeemed yet."""

    def __init__(self, clock: Clock, policy: TokenPolicy) -> None:
        self._clock = clock
        self._policy = policy
        self._waiting: dict[str, Code] = {}

    def reset(self) -> None:
        self._waiting.clear()

    def issue(self, request: AuthorizationRequest, person: Person, signed_in_at: float) -> Code:
        now = self._clock.now()
        self._forget_expired(now)
        code = Code(webex_token(), request, person, signed_in_at, now + self._policy.code_seconds)
        self._waiting[code.value] = code
        return code

    def take(self, value: str) -> Code | None:
        """Take a code out: whatever comes of it, nobody can take it again."""
        code = self._waiting.pop(value, None)
        return code if code and code.expires_at > self._clock.now() else None

    def _forget_expired(self, now: float) -> None:
        # Codes were added in the order of time, so the expired ones stand first.
        while self._waiting:
            oldest = next(iter(self._waiting.values()))
            if oldest.expires_at > now:
                return
            del self._waiting[oldest.value]


CODES = web.AppKey("CODES", Codes)

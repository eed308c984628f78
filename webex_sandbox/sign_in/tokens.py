"""Access and refresh tokens, and the grants they come from."""

import math
from dataclasses import dataclass, field

from aiohttp import web

from webex_sandbox.clock import Clock
from webex_sandbox.ids import webex_token
from webex_sandbox.people import Person
from webex_sandbox.sign_in.policy import TokenPolicy

_KEPT = 200_000

Answer = dict[str, str | int]
"""The fields of a token answer (RFC 6749 section 5.1)."""


class InvalidRefreshTokenError(Exception):
    """The refresh token is unknown, expired, revoked, rotated away or another integration's."""


class ForeignTokenError(Exception):
    """The token was issued to another integration (RFC 7009 section 2.1)."""


@dataclass(slots=True, kw_only=True)
class Grant:
    """What one person allowed one integration, with the tokens that are alive for it."""

    client_id: str
    person: Person
    scopes: tuple[str, ...]
    refresh_token: str = ""
    refresh_token_expires_at: float = 0.0
    access_tokens: list[str] = field(default_factory=list)


@dataclass(slots=True)
class AccessToken:
    value: str
    grant: Grant
    issued_at: float
    expires_at: float


class Tokens:
    """Every token alive, by its value."""

    def __init__(self, clock: Clock, policy: TokenPolicy) -> None:
        self._clock = clock
        self._policy = policy
        self._access: dict[str, AccessToken] = {}
        self._refresh: dict[str, Grant] = {}

    def reset(self) -> None:
        self._access.clear()
        self._refresh.clear()

    def begin(self, client_id: str, person: Person, scopes: tuple[str, ...]) -> Answer:
        """Issue the first tokens of a new grant."""
        grant = Grant(client_id=client_id, person=person, scopes=scopes)
        self._new_refresh_token(grant)
        return self._answer(self._new_access_token(grant))

    def refresh(self, value: str, client_id: str) -> Answer:
        """Answer a refresh in the way that the policy says.

        Raises:
            InvalidRefreshTokenError: there is nothing to refresh.

        """
        grant = self._refresh.get(value)
        mode = self._policy.refresh_mode
        if grant is None or grant.client_id != client_id or mode == "expired":
            raise InvalidRefreshTokenError
        if grant.refresh_token_expires_at <= self._clock.now():
            raise InvalidRefreshTokenError
        if mode == "rotating":
            del self._refresh[value]
            self._new_refresh_token(grant)
        else:
            # A regularly used refresh token lives on.
            grant.refresh_token_expires_at = self._clock.now() + self._policy.refresh_token_seconds
        access = (self._still_sticky(grant) if mode == "sticky" else None) or (
            self._new_access_token(grant)
        )
        answer = self._answer(access)
        if mode == "absent":
            del answer["refresh_token"], answer["refresh_token_expires_in"]
        return answer

    def find(self, value: str) -> AccessToken | None:
        access = self._access.get(value)
        return access if access and access.expires_at > self._clock.now() else None

    def revoke(self, value: str, client_id: str) -> None:
        """Kill an access token, or with a refresh token everything that came from its grant.

        A value that nobody knows is no error (RFC 7009 section 2.2).

        Raises:
            ForeignTokenError: the token belongs to another integration.

        """
        access = self._access.get(value)
        grant = access.grant if access else self._refresh.get(value)
        if grant is None:
            return
        if grant.client_id != client_id:
            raise ForeignTokenError
        if access:
            self._drop(access)
            return
        others = self._others(grant) if self._policy.revoking_ends_others else ()
        for one in (grant, *others):
            self._end(one)

    def add_lasting(self, value: str, person: Person, scopes: tuple[str, ...]) -> None:
        """Add an access token that was not born in a sign-in, such as a bot's."""
        grant = Grant(client_id="", person=person, scopes=scopes, access_tokens=[value])
        self._access[value] = AccessToken(value, grant, self._clock.now(), math.inf)

    def expire(self, *, access: bool, refresh: bool, person: Person | None = None) -> int:
        """End tokens of one person or of everybody, bots excepted; return how many."""
        now = self._clock.now()
        ended = 0
        for token in self._access.values() if access else ():
            if _concerns(token.grant, person) and token.expires_at > now:
                token.expires_at = now
                ended += 1
        for grant in self._refresh.values() if refresh else ():
            if _concerns(grant, person) and grant.refresh_token_expires_at > now:
                grant.refresh_token_expires_at = now
                ended += 1
        return ended

    def values(self) -> tuple[list[str], list[str]]:
        """List the values of all access tokens and of all refresh tokens."""
        return list(self._access), list(self._refresh)

    def _new_refresh_token(self, grant: Grant) -> None:
        grant.refresh_token = webex_token()
        grant.refresh_token_expires_at = self._clock.now() + self._policy.refresh_token_seconds
        self._refresh[grant.refresh_token] = grant

    def _new_access_token(self, grant: Grant) -> AccessToken:
        now = self._clock.now()
        access = AccessToken(webex_token(), grant, now, now + self._policy.access_token_seconds)
        self._access[access.value] = access
        grant.access_tokens.append(access.value)
        if len(self._access) > _KEPT:
            self._drop_oldest()
        return access

    def _still_sticky(self, grant: Grant) -> AccessToken | None:
        access = self.find(grant.access_tokens[-1]) if grant.access_tokens else None
        if access and self._clock.now() - access.issued_at < self._policy.sticky_seconds:
            return access
        return None

    def _answer(self, access: AccessToken) -> Answer:
        now, grant = self._clock.now(), access.grant
        return {
            "access_token": access.value,
            "expires_in": max(0, round(access.expires_at - now)),
            "refresh_token": grant.refresh_token,
            "refresh_token_expires_in": max(0, round(grant.refresh_token_expires_at - now)),
            "token_type": "Bearer",
            "scope": " ".join(grant.scopes),
        }

    def _others(self, grant: Grant) -> list[Grant]:
        """What the same person gave to the same integration besides."""
        return [
            other
            for other in self._refresh.values()
            if (other.client_id, other.person) == (grant.client_id, grant.person)
            and other is not grant
        ]

    def _end(self, grant: Grant) -> None:
        self._refresh.pop(grant.refresh_token)
        for token in grant.access_tokens:
            self._access.pop(token, None)
        grant.access_tokens.clear()

    def _drop(self, access: AccessToken) -> None:
        self._access.pop(access.value, None)
        access.grant.access_tokens.remove(access.value)

    def _drop_oldest(self) -> None:
        oldest = next(t for t in self._access.values() if t.expires_at != math.inf)
        self._drop(oldest)
        if not oldest.grant.access_tokens:
            self._refresh.pop(oldest.grant.refresh_token, None)


def _concerns(grant: Grant, person: Person | None) -> bool:
    return bool(grant.client_id) and person in {None, grant.person}


TOKENS = web.AppKey("TOKENS", Tokens)

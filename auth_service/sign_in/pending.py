"""Pending sign-ins: what a browser must bring back from Webex, sealed in a cookie of its own.

`/login` writes nothing in Redis, so strangers cannot fill the store; each sign-in has a cookie of its
own, so that tabs do not disturb each other. The state ties the callback to this browser (RFC 9700
section 4.7); one key in Redis makes it good once.
"""

import contextlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

import msgspec
from msgspec.structs import force_setattr, replace

from auth_service.oauth import flow
from auth_service.sign_in.return_path import HOME
from common.sessions.cookies import Cookies
from common.sessions.keys import used_state_key
from common.sessions.newer_record import NewerRecord
from common.sessions.sealing import NewerFormatError, NewerKeyError, SealBrokenError, Sealer
from common.silent import Silent
from common.store.access import RedisAccess

PURPOSE = "sign-in"
VALID_SECONDS = 600
# A used state is known for longer than its sign-in is valid: after that its age alone refuses it.
KEPT_SECONDS = 2 * VALID_SECONDS
NEWEST_KEPT = 5
# All sign-in cookies together; with the session's cookie and names the header stays under 4 kB.
MAX_COOKIE_BYTES = 3000
# Browsers drop a cookie of more than 4096 bytes, some with its attributes counted in.
MAX_ONE_COOKIE_BYTES = 4000


class PendingSignIn(Silent, frozen=True):
    """One sign-in under way; a finished one has no verifier left, and knows the code that it ended with.

    `started_at` is in Unix seconds, with their fraction: several tabs can start within one second.
    """

    state: str
    verifier: str
    next: str
    scopes: tuple[str, ...]
    started_at: float
    answer: str = ""
    state_digest: str = ""
    """Of the state, always: each needs it, and functools.cached_property has a lock until Python 3.12."""

    def __post_init__(self) -> None:
        force_setattr(self, "state_digest", _digest_of(self.state))

    @classmethod
    def start(cls, *, next_path: str, scopes: tuple[str, ...], now: float) -> Self:
        return cls(flow.new_state(), flow.new_code_verifier(), next_path, scopes, now)

    @property
    def expired(self) -> bool:
        return time.time() - self.started_at > VALID_SECONDS

    def finished(self, code: str) -> "PendingSignIn":
        """What is kept so that a repeated callback can go on to `next`, and another one is told apart."""
        return PendingSignIn(self.state, "", self.next, (), self.started_at, _digest(code))

    def was_finished_by(self, code: str | None) -> bool:
        return code is not None and self.answer == _digest(code)


@dataclass(frozen=True)
class PendingSignIns:
    """Keeps pending sign-ins in the browser's cookies, and used states in Redis."""

    redis: RedisAccess
    sealer: Sealer
    cookies: Cookies

    def cookie_name(self, state: str) -> str:
        return self._name(_digest_of(state))

    def find(self, cookies: Mapping[str, str], state: str) -> PendingSignIn | None:
        """Return this browser's sign-in that the state belongs to, expired or not.

        Raise NewerRecord if a newer release started it: a replica of that release can finish it.
        """
        name = self.cookie_name(state)
        try:
            pending = self._open(name, cookies.get(name, ""))
        except NewerFormatError:
            raise NewerRecord from None
        return pending if pending and pending.state == state else None

    def seal(self, pending: PendingSignIn) -> tuple[str, str]:
        """Return the cookie's name and value.

        With very many scopes a very long way back may not fit: then it is left out, not the sign-in.
        """
        name, value = self._sealed(pending)
        if len(name) + len(value) > MAX_ONE_COOKIE_BYTES:
            return self._sealed(replace(pending, next=HOME))
        return name, value

    def to_forget(self, cookies: Mapping[str, str], *, room_for: int) -> list[str]:
        """Name the cookies that must go so that the newest sign-ins and one more fit.

        `room_for` is the size of the one more, in bytes. Cookies that do not open go too.
        """
        kept, used, forget = 1, room_for, []
        for name, size in self._newest_first(cookies):
            kept, used = kept + 1, used + size
            if size == 0 or kept > NEWEST_KEPT or used > MAX_COOKIE_BYTES:
                forget.append(name)
        return forget

    def all_names(self, cookies: Mapping[str, str]) -> list[str]:
        return [name for name in cookies if name.startswith(self.cookies.sign_in(""))]

    def all_of(self, cookies: Mapping[str, str]) -> list[PendingSignIn]:
        """Those of this browser that open, finished ones included."""
        found = []
        for name in self.all_names(cookies):
            with contextlib.suppress(NewerFormatError):
                found.append(self._open(name, cookies[name]))
        return [pending for pending in found if pending]

    async def use(self, pending: PendingSignIn) -> bool:
        """Mark the state used; return False if it was before. Raise StoreUnavailable."""
        key = used_state_key(pending.state_digest)
        # A command whose answer is lost with its connection is sent again: it must know its own mark.
        mark = secrets.token_bytes(16)
        found = await self.redis.together(
            # Not redis.set, which takes as long as the rest to find out how it is meant.
            lambda redis: redis.execute_command(  # type: ignore[no-untyped-call]
                "SET", key, mark, "EX", KEPT_SECONDS, "NX", "GET", get=True
            ),
            key=key,
        )
        return found is None or found == mark

    def _sealed(self, pending: PendingSignIn) -> tuple[str, str]:
        name = self._name(pending.state_digest)
        # A finished one asks for no scopes any more, and an older release reads five values.
        scopes = pending.scopes if pending.verifier else (pending.answer,)
        plain = msgspec.json.encode(
            [pending.state, pending.verifier, pending.next, scopes, pending.started_at]
        )
        return name, self.sealer.seal_text(plain, purpose=PURPOSE, place=name)

    def _name(self, state_digest: str) -> str:
        return self.cookies.sign_in(state_digest[:16])

    def _newest_first(self, cookies: Mapping[str, str]) -> list[tuple[str, int]]:
        """Names with their sizes; size 0 for a cookie that does not open."""
        aged = []
        for name in self.all_names(cookies):
            started = self._started_at(name, cookies[name])
            size = 0 if started is None else len(name) + len(cookies[name]) + 3
            aged.append((started or 0.0, name, size))
        return [(name, size) for _, name, size in sorted(aged, reverse=True)]

    def _started_at(self, name: str, value: str) -> float | None:
        try:
            pending = self._open(name, value)
        except NewerKeyError:
            # A replica that has the key can finish it; it may have begun a moment ago.
            return time.time()
        except NewerFormatError:
            return None
        return pending.started_at if pending else None

    def _open(self, name: str, value: str) -> PendingSignIn | None:
        try:
            plain = self.sealer.open_text(value, purpose=PURPOSE, place=name)
        except SealBrokenError:
            return None
        state, verifier, next_path, scopes, started_at = msgspec.json.decode(plain)
        if verifier:
            return PendingSignIn(state, verifier, next_path, tuple(scopes), started_at)
        answer = next(iter(scopes), "")
        return PendingSignIn(state, "", next_path, (), started_at, answer)


def _digest(code: str) -> str:
    return _digest_of(code)[:32]


def _digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()

"""How a callback ended, for whoever sends it again while it is under way, or before its answer came.

Somebody taps twice, loads the page again while it waits, or a line breaks off: the callback arrives twice,
and its code is good once. The second one waits for the first, on whichever replica, and is given the same
end: the same session, or the same page. An end is kept for 30 seconds, sealed under the server's key and a
secret of that sign-in and code: the verifier, which only its own cookie holds. A session that has ended
meanwhile is given to nobody.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Self

import msgspec

from auth_service.oauth.flow import Callback
from auth_service.sign_in.pending import KEPT_SECONDS, PendingSignIn
from common import failures
from common.failures import Failure
from common.sessions.keys import session_key, sign_in_end_key, used_state_key
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.sessions.ticket import Ticket
from common.silent import Silent
from common.store.access import RedisAccess, Step, StoreUnavailable

PURPOSE = "sign-in end"
END_SECONDS = 30
# nginx waits no longer for an answer. A callback that is older has died with its replica.
LONGEST_SECONDS = 45
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 0.5
OVER = b"over"
# KEYS: the used state, its end; ARGV: what the state is then, the sealed end, its seconds.
KEEP = """
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
redis.call('SET', KEYS[1], ARGV[1], 'XX', 'KEEPTTL')
"""
# The same right behind a record (KEYS[3]), if that was written. Nothing depends on it, so it fails without a
# word.
KEEP_BEHIND = """
if redis.call('EXISTS', KEYS[3]) == 0 then return end
redis.pcall('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
redis.pcall('SET', KEYS[1], ARGV[1], 'XX', 'KEEPTTL')
"""


class End(Silent, frozen=True):
    """A session's ticket, or a failure."""

    ticket: Ticket | None = None
    failure: Failure | None = None

    def to_bytes(self) -> bytes:
        if self.failure is None:
            return msgspec.json.encode({"ticket": self.ticket.cookie if self.ticket else None})
        return msgspec.json.encode({"kind": _kind(self.failure), "failure": asdict(self.failure)})

    @classmethod
    def from_bytes(cls, plain: bytes) -> Self:
        read: dict[str, Any] = msgspec.json.decode(plain)
        if "ticket" in read:
            return cls(Ticket.parse(read["ticket"]))
        kind: Callable[..., Failure] = getattr(failures, read["kind"], Failure)
        lists = ("what_to_check", "way_on")
        said = {k: tuple(v) if k in lists else v for k, v in read["failure"].items()}
        return cls(failure=kind(**said))


@dataclass(frozen=True)
class SignInEnds:
    """Keeps ends and hands them out; every method but `keep` and `forget` may raise StoreUnavailable."""

    redis: RedisAccess
    sealer: Sealer

    async def keep(self, pending: PendingSignIn, callback: Callback, end: End) -> None:
        """Keep it for who asks with the same cookie, state and code; nothing depends on it."""
        used, kept, sealed = self._sealed(pending, callback, end)
        with contextlib.suppress(StoreUnavailable):
            await self.redis.together(
                lambda redis: redis.eval(KEEP, 2, used, kept, OVER, sealed, END_SECONDS), key=used
            )

    def keeping(self, pending: PendingSignIn, callback: Callback, ticket: Ticket) -> Sequence[Step]:
        """The step that keeps a ticket as soon as its record is written; none in a cluster."""
        if not self.redis.servers.joins_commands:
            return ()
        used, kept, sealed = self._sealed(pending, callback, End(ticket))
        record, given = session_key(ticket.handle), (OVER, sealed, END_SECONDS)
        return ((used, lambda redis: redis.eval(KEEP_BEHIND, 3, used, kept, record, *given)),)

    async def of(self, pending: PendingSignIn, callback: Callback) -> End | None:
        """Wait for the end of the callback that is under way; None if there is none to be had."""
        used, kept = _keys(pending)
        left = await self._patience(used)
        pause = SHORTEST_PAUSE
        while True:
            mark, sealed = await self.redis.read_many([used, kept])
            if sealed is not None:
                return self._opened(sealed, kept, _secret(pending, callback))
            if mark is None or mark == OVER or left <= 0:
                return None
            await asyncio.sleep(pause)
            left, pause = left - pause, min(2 * pause, LONGEST_PAUSE)

    async def forget(self, signs: Iterable[PendingSignIn]) -> None:
        """At sign-out; an end that stays for its seconds leads to a session that is no more."""
        await asyncio.gather(*(self._forget(pending) for pending in signs))

    def _sealed(
        self, pending: PendingSignIn, callback: Callback, end: End
    ) -> tuple[str, str, bytes]:
        used, kept = _keys(pending)
        sealed = self.sealer.seal(
            end.to_bytes(), purpose=PURPOSE, place=kept, secret=_secret(pending, callback)
        )
        return used, kept, sealed

    async def _forget(self, pending: PendingSignIn) -> None:
        _, kept = _keys(pending)
        with contextlib.suppress(StoreUnavailable):
            await self.redis.run(self.redis.client.delete(kept), key=kept)

    async def _patience(self, used: str) -> float:
        """How long the callback that used the state may still take, in seconds."""
        milliseconds = await self.redis.run(self.redis.client.pttl(used), key=used)
        return int(milliseconds) / 1000 - KEPT_SECONDS + LONGEST_SECONDS

    def _opened(self, sealed: bytes, place: str, secret: bytes) -> End | None:
        try:
            plain = self.sealer.open(sealed, purpose=PURPOSE, place=place, secret=secret)
        except (SealBrokenError, NewerFormatError):
            return None  # of another code
        return End.from_bytes(plain)


def _kind(failure: Failure) -> str:
    """What a caller can act on: the nearest kind of the tree, whatever its class is beyond that."""
    return next(
        kind.__name__ for kind in type(failure).mro() if kind.__module__ == failures.__name__
    )


def _keys(pending: PendingSignIn) -> tuple[str, str]:
    return used_state_key(pending.state_digest), sign_in_end_key(pending.state_digest)


def _secret(pending: PendingSignIn, callback: Callback) -> bytes:
    answer = f"{pending.verifier} {callback.code or ''} {callback.error or ''}"
    return sha256(answer.encode()).digest()

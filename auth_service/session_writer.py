"""Writing over a session's record, only if it still is what was read.

That comparison is what makes a race harmless: a session that was signed out does not come back, and a
newer record is not overwritten by an older one. The idle clock is left alone, so that a record and its
entry keep the end they have.
"""

import contextlib
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

from common.redis_access import RedisAccess, StoreUnavailable
from common.session import Session
from common.session_store import SessionStore, session_key
from common.ticket import Ticket

# A command whose answer is lost with its connection is sent again: it must know what it has written.
REPLACE = """
local now = redis.call('GET', KEYS[1])
if not now then return 'gone' end
if now ~= ARGV[1] and now ~= ARGV[2] then return 'changed' end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 'written'
"""
END = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Written(Enum):
    WRITTEN = b"written"
    GONE = b"gone"
    CHANGED = b"changed"


@dataclass(frozen=True)
class Stored:
    """A session as it was read, with the bytes to compare."""

    sealed: bytes = field(repr=False)
    session: Session = field(repr=False)


class SessionWriter:
    """Compare-and-set on session records; every method may raise StoreUnavailable."""

    def __init__(self, redis: RedisAccess, sessions: SessionStore) -> None:
        self._redis = redis
        self._sessions = sessions

    async def read(self, ticket: Ticket) -> Stored | None:
        read = await self._redis.run(self._redis.client.get(session_key(ticket.handle)))
        sealed = cast("bytes | None", read)
        session = self._sessions.opened(ticket, sealed)
        return Stored(sealed, session) if sealed and session else None

    async def replace(self, ticket: Ticket, old: Stored, new: Session) -> Written:
        """Write `new` if the record still is `old`. Both limits stay what they were."""
        answer = await self._redis.run(
            self._redis.client.eval(
                REPLACE,
                1,
                session_key(ticket.handle),
                old.sealed,
                self._sessions.sealed(ticket, new),
            )
        )
        return Written(answer)

    async def ends(self, ticket: Ticket) -> int:
        """When Redis lets the record end, in Unix milliseconds; negative if there is none any more."""
        found = await self._redis.run(self._redis.client.pexpiretime(session_key(ticket.handle)))
        return int(found)

    async def end(self, ticket: Ticket, old: Stored) -> bool:
        """Delete the record if it still is `old`; return whether that was so."""
        deleted = await self._redis.run(
            self._redis.client.eval(END, 1, session_key(ticket.handle), old.sealed)
        )
        if deleted:
            # The session is over, whatever becomes of what was kept beside it.
            with contextlib.suppress(StoreUnavailable):
                await self._sessions.end(ticket.handle, old.session.entry)
        return bool(deleted)

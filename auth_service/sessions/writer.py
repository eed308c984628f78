"""Making, changing and ending sessions, which this service alone may do.

A record is written over only if it still is what was read. That comparison is what makes a race harmless: a
session that was signed out does not come back, and a newer record is not overwritten by an older one. The
idle clock is left alone, so that a record and its entry keep the end they have.
"""

import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256

from redis.exceptions import ResponseError

from auth_service.oauth.outbox import Letter
from auth_service.sessions.lease import RELEASE
from auth_service.sessions.person_index import free
from common.sessions.keys import (
    ENDED_CHANNEL,
    asking_key,
    binding_key,
    born_key,
    former_pause_key,
    former_successor_key,
    head_of,
    lease_key,
    pause_key,
    person_cache_key,
    session_key,
    successor_key,
    tried_key,
)
from common.sessions.reader import SessionReader
from common.sessions.record import Session, Tokens
from common.sessions.sealing import seal_of
from common.sessions.ticket import Ticket
from common.settings.service import LONGEST_WEBEX_SECONDS
from common.silent import Silent
from common.store.access import RedisAccess, Step, StoreUnavailable
from common.store.trouble import DEADLINE_SECONDS

# A command whose answer is lost with its connection is sent again: it must know what it has written.
# KEYS: the record, its mark (see SessionWriter.ask); ARGV: what was read, what is written, whose mark.
REPLACE = """
local now, mark = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
if not now then return 'gone' end
if now == ARGV[2] then return 'written' end
if mark and mark ~= ARGV[3] then return 'asking' end
if now ~= ARGV[1] then return 'changed' end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
if mark then redis.call('DEL', KEYS[2]) end
return 'written'
"""
ASK = """
local now, mark = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
if not now then return 'gone' end
if mark and mark ~= ARGV[2] then return 'asking' end
if now ~= ARGV[1] then return 'changed' end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 'marked'
"""
# KEYS: the record, the letter that takes its tokens (auth_service.oauth.outbox); ARGV: what was read, the
# letter, if there is one, and its life. A full Redis takes no letter but lets the record go (pcall): whoever
# ends it has the tokens at hand.
END = """
local now = redis.call('GET', KEYS[1])
if now and now ~= ARGV[1] then return 0 end
if now and ARGV[2] ~= '' then redis.pcall('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
redis.call('DEL', KEYS[1])
return 1
"""
# After Webex has answered, the new tokens exist only here: storing them is tried for this long.
STORE_SECONDS = 60
# Longer than a call to Webex, at its longest (common.settings.service), and the tries to write its answer.
ASKING_MS = 1000 * (LONGEST_WEBEX_SECONDS + STORE_SECONDS + 10)
# What is sent again, or arrives late, must not bring back what was ended or given up meanwhile: a record is
# written once, and not after its writer's patience, by Redis' own clock. KEYS: the record, its birth; ARGV:
# the record, its end, the end of patience, how long the birth is remembered.
CREATE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return 'written' end
local now = redis.call('TIME')
if now[1] * 1000 + math.floor(now[2] / 1000) > tonumber(ARGV[3]) then return 'late' end
if not redis.call('SET', KEYS[2], '', 'NX', 'PX', ARGV[4]) then return 'gone' end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
return 'written'
"""
# KEYS: a new record, its entry, the head of its list; ARGV: the record's seal, its new end. The end moves if
# the record still is what was written, and is listed.
PROLONG = """
local now = redis.call('GET', KEYS[1])
if not now or string.sub(now, -#ARGV[1]) ~= ARGV[1] then return 0 end
if redis.call('PEXPIREAT', KEYS[2], ARGV[2]) == 0 then return 0 end
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
redis.call('PEXPIREAT', KEYS[3], ARGV[2], 'GT')
return 1
"""
# Longer than anything that was sent within a person's patience can still be on its way.
BORN_MS = 10_000
# A refresh that was under way when its session was replaced has ended by then; seconds.
SUCCESSOR_SECONDS = 120


class Written(Enum):
    WRITTEN = b"written"
    GONE = b"gone"
    CHANGED = b"changed"
    ASKING = b"asking"
    """Somebody else asks Webex with the token of this record, or writes what they were given."""
    MARKED = b"marked"


@dataclass(frozen=True)
class Stored:
    """A session as it was read, with the bytes to compare."""

    sealed: bytes = field(repr=False)
    session: Session = field(repr=False)
    mark: bytes = b""
    """Whose mark it is, once somebody is about to ask Webex with it."""


class Begun(Silent, frozen=True):
    """When a record began to be written: by Redis' clock in Unix milliseconds, and by time.monotonic()."""

    redis: int
    here: float

    @property
    def patience_ends(self) -> int:
        """When whoever asks now has given up, in Unix milliseconds by Redis' clock, or a little before."""
        return self.redis + int(1000 * (time.monotonic() - self.here + DEADLINE_SECONDS))


class SessionWriter:
    """Writes what its reader reads; every method may raise StoreUnavailable."""

    def __init__(self, redis: RedisAccess, reader: SessionReader) -> None:
        self._redis = redis
        self._reader = reader

    async def begin(self, ticket: Ticket) -> Begun:
        """Ask Redis for the time, from which the new record's end and its writer's patience follow."""
        redis = await self._redis.clock(session_key(ticket.handle))
        return Begun(redis, time.monotonic())

    async def create(  # noqa: PLR0913 - what a new record is, and what goes along with it
        self,
        ticket: Ticket,
        session: Session,
        *,
        begun: Begun | None = None,
        ends: int | None = None,
        before: Sequence[Step] = (),
        behind: Sequence[Step] = (),
    ) -> bytes:
        """Write a new record, once; `begun` and `ends` if somebody else was told the same end.

        What is to be done right before and right behind it goes along. Return its seal (`seal_of`).
        """
        begun = begun or await self.begin(ticket)
        key, born = session_key(ticket.handle), born_key(ticket.handle)
        sealed = self._reader.sealed(ticket, session)
        given = (
            sealed,
            ends or self._reader.lifetime.end_of(session, begun.redis),
            begun.patience_ends,
            BORN_MS,
        )
        own: Step = key, lambda redis: redis.eval(CREATE, 2, key, born, *given)
        answers = await self._redis.in_order(*before, own, *behind)
        # Gone: it was written, and has been ended since.
        if answers[len(before)] == b"late":
            raise StoreUnavailable
        return seal_of(sealed)

    async def prolong_new(self, ticket: Ticket, session: Session, seal: bytes) -> bool:
        """Let a record that was created with this seal live on, in one round trip; whether that was possible.

        Not if it has changed or ended since, or has no entry: then it has to be looked at. Nor in a cluster,
        where entry and record have a node each.
        """
        if session.entry is None or not self._redis.servers.joins_commands:
            return False
        keys = session_key(ticket.handle), session.entry, head_of(session.entry)
        ends = await self.end_if_shown(ticket, session)
        return bool(
            await self._redis.together(
                lambda redis: redis.eval(PROLONG, 3, *keys, seal, ends), key=keys[0]
            )
        )

    async def undo(self, handle: str, entry: str) -> None:
        """Leave nothing of a record that was given up, whether or not it arrives yet."""
        born = born_key(handle)
        await self._redis.run(self._redis.client.set(born, b"", px=BORN_MS), key=born)
        await self.end(handle, entry)

    async def read(self, ticket: Ticket) -> Stored | None:
        key = session_key(ticket.handle)
        sealed = await self._redis.get(key)
        session = self._reader.opened(ticket, sealed)
        return Stored(sealed, session) if sealed and session else None

    async def replace(self, ticket: Ticket, old: Stored, new: Session) -> Written:
        """Write `new` if the record still is `old`. Both limits stay what they were."""
        key, sealed = session_key(ticket.handle), self._reader.sealed(ticket, new)
        asking = asking_key(ticket.handle)
        command = self._redis.client.eval(REPLACE, 2, key, asking, old.sealed, sealed, old.mark)
        answer = await self._redis.run(command, key=key)
        return Written(answer)

    async def ask(self, ticket: Ticket, old: Stored) -> Written:
        """Mark that `old.mark` asks Webex with this record's refresh token; MARKED if nobody else does.

        A lease may run out under its holder. The mark outlives the call and the tries to write what came of
        it: until then nobody else asks, writes, or ends the session because Webex refused its token, which
        may be the one before. It goes with the write.
        """
        key, asking = session_key(ticket.handle), asking_key(ticket.handle)
        command = self._redis.client.eval(ASK, 2, key, asking, old.sealed, old.mark, ASKING_MS)
        return Written(await self._redis.run(command, key=key))

    async def asked(self, ticket: Ticket, old: Stored) -> None:
        """Take the mark away, if it still is one's own; if that fails, it runs out."""
        asking = asking_key(ticket.handle)
        with contextlib.suppress(StoreUnavailable):
            await self._redis.run(self._redis.client.eval(RELEASE, 1, asking, old.mark), key=asking)

    async def ends(self, ticket: Ticket) -> int:
        """When Redis lets the record end, in Unix milliseconds; negative if there is none any more."""
        key = session_key(ticket.handle)
        found = await self._redis.run(self._redis.client.pexpiretime(key), key=key)
        return int(found)

    async def end_if_shown(self, ticket: Ticket, session: Session) -> int:
        """When the record ends if its browser shows it now, in Unix milliseconds."""
        now = await self._redis.clock(session_key(ticket.handle))
        return self._reader.lifetime.end_of(session, now)

    async def end(self, handle: str, *entries: str | None) -> None:
        """Delete the record, what is kept beside it and its entries; tell open streams on every replica."""
        pipeline = self._redis.client.pipeline(transaction=False)
        # Of one node: in one command.
        pipeline.execute_command("DEL", session_key(handle), binding_key(handle), tried_key(handle))
        for key in (person_cache_key, lease_key, pause_key, former_pause_key):
            pipeline.delete(key(handle))
        for entry in filter(None, entries):
            pipeline.eval(*free(entry, handle))
        try:
            await self._redis.run(pipeline.execute(), key=session_key(handle))
        except StoreUnavailable as failure:
            if not (any(entries) and isinstance(failure.__cause__, ResponseError)):
                raise
            # Refused: an entry that stays must not hide that the session is over. The next look drops it.
            await self.end(handle)
            return
        # Apart, because a cluster takes no PUBLISH among other commands. A stream that does not hear of
        # it looks by itself; the session is over in any case.
        with contextlib.suppress(StoreUnavailable):
            await self._redis.run(self._redis.client.publish(ENDED_CHANNEL, handle))

    async def end_unchanged(self, ticket: Ticket, old: Stored, letter: Letter) -> bool:
        """Delete the record if it still is `old`; return whether there is none any more.

        What the letter holds is written in the same step.
        """
        key = session_key(ticket.handle)
        given = (old.sealed, letter.sealed, letter.life_ms)
        command = self._redis.client.eval(END, 2, key, letter.key, *given)
        over = await self._redis.run(command, key=key)
        if over:
            # The session is over, whatever becomes of what was kept beside it.
            with contextlib.suppress(StoreUnavailable):
                await self.end(ticket.handle, old.session.entry, *old.session.left)
        return bool(over)

    async def ending(self, ticket: Ticket, letter: Letter) -> AsyncIterator[Session]:
        """End the session, and yield it before: again, if a refresh wrote over it meanwhile.

        So whoever ends it has put all tokens into the letter before the only copy of them goes.
        """
        while stored := await self.read(ticket):
            yield stored.session
            if await self.end_unchanged(ticket, stored, letter):
                return

    async def note_successor(self, ticket: Ticket, tokens: Tokens) -> None:
        """Tell a refresh under way which tokens the same person's new session has, before this one ends.

        Whether one is under way cannot be seen from outside: its holder may have lost the lease.
        """
        digests = b" ".join(map(_digest, filter(None, (tokens.access_token, tokens.refresh_token))))
        # Under both names for one release: a replica of the former one may hold the refresh.
        for key in (successor_key(ticket.handle), former_successor_key(ticket.handle)):
            await self._redis.run(
                self._redis.client.set(key, digests, ex=SUCCESSOR_SECONDS), key=key
            )

    async def without_successors(self, ticket: Ticket, letter: Letter) -> None:
        """Take out of the letter what that session was said to have, a moment ago."""
        with contextlib.suppress(StoreUnavailable):
            for key in (successor_key(ticket.handle), former_successor_key(ticket.handle)):
                said = await self._redis.get(key)
                if said is not None:
                    # One of the former release does not say which.
                    used = said.split() or list(map(_digest, letter.tokens))
                    for token in [each for each in letter.tokens if _digest(each) in used]:
                        del letter.tokens[token]


def _digest(token: str) -> bytes:
    return sha256(token.encode()).hexdigest().encode()

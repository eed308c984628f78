"""Which sessions a person has, without any cookie: a list of opaque handles.

The list's head has the handles; what is kept of a session is an entry beside it, named by its handle. So an
entry is its own session's for ever: who moves its end knows no more than the name, and can move no other's.
Each is a key of its own, so that it ends with its session. A cluster keeps a list's keys together
(common.sessions.keys), so that a script may use several of them.

Neither keys nor entries say who the person is: a list's name is a keyed hash of the person's id, the
entries are sealed under the server's key. A handle stands outside of the seal, so that what a newer
release wrote can be ended.

An entry is given its session's end, and moves with it (common.sessions.lifetime). So it is gone when the
session is, whether that was ended or ran out. Only a process that dies between two commands leaves an
entry without a session: the next look drops it. The handle of a session that ran out goes with a later
sign-in, or with the head, which ends with the last of its entries.
"""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, cast

import msgspec
from redis.exceptions import ResponseError

from auth_service.sessions import former_list
from common.sessions.keys import (
    all_ended_key,
    entry_key,
    former_head_key,
    handle_of,
    head_key,
    head_of,
    is_entry_of,
    is_former_entry,
    session_key,
)
from common.sessions.record import Session
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.store.access import RedisAccess, Step, StoreUnavailable

PURPOSE = "person"
# What a browser is called of which nothing is known.
UNKNOWN = "A browser"
# Whom an end of all sessions leaves out that leaves out nobody.
NOBODY = "nobody"
# A look at a long list takes so many entries at a time, and no more than these of a list that is not ours.
PAGE, MOST_LISTED = 500, 100_000
# A sign-in puts its entry down before its record: until this is over, the record may be under way.
ARRIVAL_SECONDS = 60
# KEYS: the head, then entries; ARGV: whose each is. The head ends with the last of the entries that are left;
# only if that was freed, all have to be asked.
FREE = """
local freed = 0
for i, handle in ipairs(ARGV) do
    freed = math.max(freed, redis.call('PEXPIRETIME', KEYS[i + 1]))
    redis.call('DEL', KEYS[i + 1])
    redis.call('ZREM', KEYS[1], handle)
end
if freed < redis.call('PEXPIRETIME', KEYS[1]) then return end
local last = 0
for _, handle in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf')) do
    local ends = redis.call('PEXPIRETIME', KEYS[1] .. ':' .. handle)
    last = math.max(last, ends)
    if ends < 0 then redis.call('ZREM', KEYS[1], handle) end
end
if last > 0 then redis.call('PEXPIREAT', KEYS[1], last) end
"""
# KEYS: the head, the entry; ARGV: the handle, the entry, its end. The handles that nobody has looked at for
# longest are looked at, so that those whose sessions ran out are fewer than half of the others: the effort is
# the same for every length. A command whose answer is lost with its connection is sent again, and does the
# same again. Whatever else lies in the head's place is not ours.
TAKE = """
if type(redis.pcall('ZCARD', KEYS[1])) ~= 'number' then redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[2], ARGV[2], 'PXAT', ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '+inf', 'LIMIT', 0, 4)
for _, handle in ipairs(oldest) do
    if redis.call('EXISTS', KEYS[1] .. ':' .. handle) == 1 then redis.call('ZADD', KEYS[1], now, handle)
    else redis.call('ZREM', KEYS[1], handle) end
end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIREAT', KEYS[1], ARGV[3], 'NX')
redis.call('PEXPIREAT', KEYS[1], ARGV[3], 'GT')
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is kept of a session beside it. Times are Unix seconds.

    Fields that a newer release added are passed over. The person's id is in it so that the entry can
    move to the list's new name after a key rotation.
    """

    person_id: str
    browser: str
    signed_in_at: int
    ends_at: int

    @classmethod
    def of(cls, session: Session, browser: str) -> Self:
        return cls(
            person_id=session.person_id,
            browser=browser,
            signed_in_at=session.signed_in_at,
            ends_at=session.ends_at,
        )


DECODER = msgspec.json.Decoder(Entry)


@dataclass(frozen=True)
class Listed:
    """A live session as its list knows it; `seconds_left` until the idle limit or the absolute one.

    `entry` is None if a newer release wrote it: then only the handle is known. `keys` are the places that
    it has: one, except while it moves to another.
    """

    entry: Entry | None
    seconds_left: float
    keys: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    """What lies at a place. It is `broken` if it was not sealed here, for this list and handle."""

    key: str
    handle: str
    entry: Entry | None
    broken: bool

    @property
    def is_left_over(self) -> bool:
        """Whether it can go, given that there is no session of this handle."""
        if self.entry is None:
            return self.broken
        return self.entry.signed_in_at < time.time() - ARRIVAL_SECONDS


class PersonIndex:
    """Adds, lists and drops entries; every method may raise StoreUnavailable."""

    def __init__(self, redis: RedisAccess, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer

    @property
    def looks_that_agree(self) -> int:
        """How many looks have to find nothing before there is nothing.

        Two while keys rotate: replicas that know of the new first key and some that do not move sessions
        both ways, and one look may miss what moves against its order.
        """
        return 2 if len(self._names("")) > 1 else 1

    def place(self, person_id: str, handle: str) -> str:
        """The key that the session's entry has in the person's list."""
        return entry_key(head_key(self._names(person_id)[0]), handle)

    def adding(self, place: str, entry: Entry, *, ends: int) -> Step:
        """The step that puts an entry into its place until `ends` (Unix milliseconds)."""
        head, handle = head_of(place), handle_of(place)
        value = f"{handle} ".encode() + self._sealed(head, handle, entry)
        return head, lambda redis: redis.eval(TAKE, 2, head, place, handle, value, ends)

    async def add(self, handle: str, entry: Entry, *, ends: int) -> str:
        """Put an entry into the person's list; return its key."""
        place = self.place(entry.person_id, handle)
        head, command = self.adding(place, entry, ends=ends)
        await self._redis.together(command, key=head)
        return place

    def elsewhere(self, person_id: str, handle: str) -> tuple[str, ...]:
        """The keys that the session's entry may have in lists of older keys."""
        return tuple(entry_key(head_key(name), handle) for name in self._names(person_id)[1:])

    async def find(self, handle: str, session: Session) -> Entry | None:
        """Return the session's entry, wherever it lies, unless only a newer release can read it."""
        newest = self.place(session.person_id, handle)
        keys = [*filter(None, [session.entry]), newest, *self.elsewhere(session.person_id, handle)]
        for key, value in zip(keys, await self._redis.read_many(keys), strict=True):
            found = self._found(key, value)
            if found and found.entry and found.handle == handle:
                return found.entry
        return None

    async def live(self, person_id: str) -> Mapping[str, Listed]:
        """Return the person's live sessions by handle; what is left of others is dropped.

        The oldest list first, and each list's head just before it: a session that moves meanwhile goes to
        the newest one, and is there before it leaves the older one.
        """
        live: dict[str, Listed] = {}
        names = [*reversed(self._names(person_id))]
        for head in map(former_head_key, names):
            (said,) = await self._redis.read_many([head])
            await self._look_at_all(former_list.entries(head, said), live)
        for head in map(head_key, names):
            await self._look_at_all(
                [entry_key(head, one) for one in await self._handles(head)], live
            )
        return live

    async def note_all_ended(self, person_id: str, *, but: str | None, seconds: int) -> None:
        """Remember that all sessions of the person are over now, also those that no list has any more.

        For so long as one that nobody uses could live; one that is used is listed again, and found then.
        """
        key = all_ended_key(self._names(person_id)[0])
        now = await self._redis.clock(key)
        pipeline = self._redis.client.pipeline(transaction=False)
        # Each under who was left out: two browsers may end each other.
        pipeline.zadd(key, {but or NOBODY: now})
        pipeline.expire(key, seconds)
        await self._redis.run(pipeline.execute(), key=key)

    async def was_ended(self, handle: str, session: Session) -> bool:
        """Whether all sessions of its person were ended since it began, and it was not left out."""
        since = 1000 * session.signed_in_at
        for key in map(all_ended_key, self._names(session.person_id)):
            command = self._redis.client.zrangebyscore(key, since, "+inf")
            left_out = cast("list[bytes]", await self._redis.run(command, key=key))
            if any(one != handle.encode() for one in left_out):
                return True
        return False

    async def has(self, key: str | None, handle: str) -> bool:
        """Whether the session's own entry is there, also if only a newer release can read it."""
        if key is None or not is_entry_of(key, handle):
            return False
        found = self._found(key, await self._redis.get(key))
        return found is not None and not found.broken

    async def drop(self, key: str, handle: str) -> None:
        """Take the entry off its list, if it still is this handle's."""
        await self._redis.run(self._redis.client.eval(*free(key, handle)), key=key)

    async def _handles(self, head: str) -> list[str]:
        found = await self._redis.run(self._listed(head), key=head)
        return [handle.decode(errors="replace") for handle in found]

    async def _listed(self, head: str) -> list[bytes]:
        try:
            found = await self._redis.client.zrangebyscore(
                head, "-inf", "+inf", start=0, num=MOST_LISTED
            )
        except ResponseError as error:
            if str(error).startswith("WRONGTYPE"):
                return []  # whatever it is, it is no list of ours
            raise
        return cast("list[bytes]", found)

    async def _look_at_all(self, keys: Sequence[str], live: dict[str, Listed]) -> None:
        for start in range(0, len(keys), PAGE):
            await self._look(keys[start : start + PAGE], live)

    async def _look(self, keys: Sequence[str], live: dict[str, Listed]) -> None:
        values = await self._redis.read_many(keys)
        found = [one for one in map(self._found, keys, values) if one]
        left_over: list[_Found] = []
        for one, milliseconds in zip(found, await self._lifetimes(found), strict=True):
            if milliseconds < 0 or one.broken:
                left_over += [one] if one.is_left_over else []
                continue
            others = live[one.handle].keys if one.handle in live else ()
            live[one.handle] = Listed(one.entry, milliseconds / 1000, (*others, one.key))
        await self._drop(left_over)

    async def _lifetimes(self, found: Sequence[_Found]) -> list[int]:
        if not found:
            return []
        pipeline = self._redis.client.pipeline(transaction=False)
        for one in found:
            pipeline.pttl(session_key(one.handle))
        return cast("list[int]", await self._redis.run(pipeline.execute()))

    async def _drop(self, left_over: Sequence[_Found]) -> None:
        if not left_over:
            return
        keys, handles = [one.key for one in left_over], [one.handle for one in left_over]
        script, _, head, *_ = free(keys[0], handles[0])
        command = self._redis.client.eval(script, 1 + len(keys), head, *keys, *handles)
        # A store that can be read but not written still tells the truth about the rest.
        with contextlib.suppress(StoreUnavailable):
            await self._redis.run(command, key=head)

    def _found(self, key: str, value: bytes | None) -> _Found | None:
        if value is None:
            return None
        name, _, sealed = value.partition(b" ")
        handle = name.decode(errors="replace") if is_former_entry(key) else handle_of(key)
        try:
            plain = self._sealer.open(sealed, purpose=PURPOSE, place=_place(head_of(key), handle))
        except NewerFormatError:
            return _Found(key, handle, None, broken=False)
        except SealBrokenError:
            return _Found(key, handle, None, broken=True)
        return _Found(key, handle, DECODER.decode(plain), broken=False)

    def _sealed(self, head: str, handle: str, entry: Entry) -> bytes:
        plain = msgspec.json.encode(entry)
        return self._sealer.seal(plain, purpose=PURPOSE, place=_place(head, handle))

    def _names(self, person_id: str) -> tuple[str, ...]:
        """Of one list per entry of SESSION_KEYS, newest first: the list survives a key rotation."""
        return self._sealer.fingerprints(person_id, purpose=PURPOSE)


def free(entry: str, handle: str) -> tuple[str, int, str, str, str]:
    """The EVAL that takes a session's entry off its list."""
    script = former_list.FREE if is_former_entry(entry) else FREE
    return script, 2, head_of(entry), entry, handle


def _place(head: str, handle: str) -> str:
    """To which list and session a seal is bound."""
    return f"{head}/{handle}"

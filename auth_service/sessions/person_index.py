"""Which sessions a person has, without any cookie: a list of opaque handles.

The list's head says how many places it has; an entry at one of them is a session's handle, and what is
sealed here. Each is a key of its own, so that it ends with its session. A cluster keeps a list's keys
together (common.sessions.keys), so that a script may use several of them.

Neither keys nor entries say who the person is: a list's name is a keyed hash of the person's id, the
entries are sealed under the server's key. A handle stands outside of the seal, so that what a newer
release wrote can be ended.

An entry is given its session's end, and moves with it (common.sessions.reader). So it is gone when the
session is, whether that was ended or ran out. Only a process that dies between two commands leaves an
entry without a session: the next look drops it.
"""

import contextlib
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, cast

import msgspec

from common.sessions.keys import all_ended_key, entry_key, head_key, head_of, session_key
from common.sessions.record import Session
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.store.access import RedisAccess, StoreUnavailable

PURPOSE = "person"
# What a browser is called of which nothing is known.
UNKNOWN = "A browser"
# Whom an end of all sessions leaves out that leaves out nobody.
NOBODY = "nobody"
# A look at a long list takes so many entries at a time.
PAGE = 500
# A sign-in puts its entry down before its record: until this is over, the record may be under way.
ARRIVAL_SECONDS = 60
# More places than any person's browsers take; a head that says more, or no number, is not ours and counts
# as none. Found again are then the entries of sessions that are used.
MOST_PLACES = 100_000
# How many places the list has now: those at its end that nobody has any more do not count. So many at a
# time: a script holds up everybody.
PLACES = f"""
local places = tonumber(redis.call('GET', KEYS[1])) or 0
if not (places >= 0 and places <= {MOST_PLACES} and places == math.floor(places)) then places = 0 end
for _ = 1, 1000 do
    if places == 0 or redis.call('EXISTS', KEYS[1] .. ':' .. places) == 1 then break end
    places = places - 1
end
"""
# KEYS: the head, then entries; ARGV: whose each is. A place may have gone to another session meanwhile.
# The head ends with the last of the entries that are left; only if it was freed, all have to be asked.
FREE = f"""
local freed = 0
for i, handle in ipairs(ARGV) do
    if redis.call('GETRANGE', KEYS[i + 1], 0, #handle - 1) == handle then
        freed = math.max(freed, redis.call('PEXPIRETIME', KEYS[i + 1]))
        redis.call('DEL', KEYS[i + 1])
    end
end
if freed == 0 then return end
{PLACES}
if places == 0 then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], places, 'KEEPTTL')
if freed < redis.call('PEXPIRETIME', KEYS[1]) then return end
local last = 0
for place = 1, places do
    last = math.max(last, redis.call('PEXPIRETIME', KEYS[1] .. ':' .. place))
end
redis.call('PEXPIREAT', KEYS[1], last)
"""
# KEYS: the head; ARGV: the entry, its end, a seed. Somewhere among the places, or else behind them: the
# effort is the same for every length, and a list has not many more places than it has had entries at a
# time. A command whose answer is lost with its connection is sent again, and finds its own entry.
TAKE = f"""
{PLACES}
math.randomseed(tonumber(ARGV[3]))
local function take(place)
    local was = redis.call('SET', KEYS[1] .. ':' .. place, ARGV[1], 'NX', 'GET', 'PXAT', ARGV[2])
    return (not was or was == ARGV[1]) and place
end
local taken = places > 0 and take(places)
for _ = 1, 8 do
    if taken or places < 2 then break end
    taken = take(math.random(places - 1))
end
while not taken do
    places = places + 1
    taken = take(places)
end
redis.call('SET', KEYS[1], places, 'KEEPTTL')
redis.call('PEXPIREAT', KEYS[1], ARGV[2], 'NX')
redis.call('PEXPIREAT', KEYS[1], ARGV[2], 'GT')
return taken
"""


LET_END = """
if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2], 'LT')
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
        return 2 if len(self._heads("")) > 1 else 1

    async def add(self, handle: str, entry: Entry, *, ends: int) -> str:
        """Take a place in the person's list until `ends` (Unix milliseconds); return the entry's key."""
        head = self._heads(entry.person_id)[0]
        value = f"{handle} ".encode() + self._sealed(head, handle, entry)
        seed = random.getrandbits(31)
        place = await self._redis.together(
            lambda redis: redis.eval(TAKE, 1, head, value, ends, seed), key=head
        )
        return entry_key(head, int(place))

    async def read(self, key: str, handle: str) -> Entry | None:
        """Return the entry with this key, if it is this handle's and not of a newer release."""
        found = self._found(key, await self._redis.get(key))
        return found.entry if found and found.handle == handle else None

    async def live(self, person_id: str) -> Mapping[str, Listed]:
        """Return the person's live sessions by handle; what is left of others is dropped.

        The oldest list first, and each list's head just before it: a session that moves meanwhile goes to
        the newest one, and is there before it leaves the older one.
        """
        live: dict[str, Listed] = {}
        for head in reversed(self._heads(person_id)):
            (places,) = await self._redis.read_many([head])
            keys = [entry_key(head, place) for place in range(1, _places(places) + 1)]
            for start in range(0, len(keys), PAGE):
                await self._look(head, keys[start : start + PAGE], live)
        return live

    async def note_all_ended(self, person_id: str, *, but: str | None, seconds: int) -> None:
        """Remember that all sessions of the person are over now, also those that no list has any more.

        For so long as one that nobody uses could live; one that is used is listed again, and found then.
        """
        head = self._heads(person_id)[0]
        key, now = all_ended_key(head), await self._redis.clock(head)
        pipeline = self._redis.client.pipeline(transaction=False)
        # Each under who was left out: two browsers may end each other.
        pipeline.zadd(key, {but or NOBODY: now})
        pipeline.expire(key, seconds)
        await self._redis.run(pipeline.execute(), key=key)

    async def was_ended(self, handle: str, session: Session) -> bool:
        """Whether all sessions of its person were ended since it began, and it was not left out."""
        since = 1000 * session.signed_in_at
        for key in map(all_ended_key, self._heads(session.person_id)):
            command = self._redis.client.zrangebyscore(key, since, "+inf")
            left_out = cast("list[bytes]", await self._redis.run(command, key=key))
            if any(one != handle.encode() for one in left_out):
                return True
        return False

    async def has(self, key: str | None, handle: str) -> bool:
        """Whether the entry is there, also if only a newer release can read it."""
        if key is None:
            return False
        found = self._found(key, await self._redis.get(key))
        return found is not None and found.handle == handle and not found.broken

    async def let_end(self, key: str, handle: str, *, milliseconds: int) -> None:
        """Give the entry no longer than that, if it still is this handle's."""
        command = self._redis.client.eval(LET_END, 1, key, handle, milliseconds)
        await self._redis.run(command, key=key)

    async def drop(self, key: str, handle: str) -> None:
        """Free the place, if it still is this handle's."""
        command = self._redis.client.eval(FREE, 2, head_of(key), key, handle)
        await self._redis.run(command, key=key)

    async def _look(self, head: str, keys: Sequence[str], live: dict[str, Listed]) -> None:
        values = await self._redis.read_many(keys)
        found = [one for one in map(self._found, keys, values) if one]
        left_over: list[_Found] = []
        for one, milliseconds in zip(found, await self._lifetimes(found), strict=True):
            if milliseconds < 0 or one.broken:
                left_over += [one] if one.is_left_over else []
                continue
            others = live[one.handle].keys if one.handle in live else ()
            live[one.handle] = Listed(one.entry, milliseconds / 1000, (*others, one.key))
        await self._drop(head, left_over)

    async def _lifetimes(self, found: Sequence[_Found]) -> list[int]:
        if not found:
            return []
        pipeline = self._redis.client.pipeline(transaction=False)
        for one in found:
            pipeline.pttl(session_key(one.handle))
        return cast("list[int]", await self._redis.run(pipeline.execute()))

    async def _drop(self, head: str, left_over: Sequence[_Found]) -> None:
        if not left_over:
            return
        keys, handles = [one.key for one in left_over], [one.handle for one in left_over]
        command = self._redis.client.eval(FREE, 1 + len(keys), head, *keys, *handles)
        # A store that can be read but not written still tells the truth about the rest.
        with contextlib.suppress(StoreUnavailable):
            await self._redis.run(command, key=head)

    def _found(self, key: str, value: bytes | None) -> _Found | None:
        if value is None:
            return None
        name, _, sealed = value.partition(b" ")
        handle = name.decode(errors="replace")
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

    def _heads(self, person_id: str) -> list[str]:
        """One list per entry of SESSION_KEYS, newest first: the list survives a key rotation."""
        return [head_key(name) for name in self._sealer.fingerprints(person_id, purpose=PURPOSE)]


def _places(head: bytes | None) -> int:
    """How many places a head says that there are."""
    said = int(head) if head and head.isdigit() and len(head) < 10 else 0
    return said if said <= MOST_PLACES else 0


def _place(head: str, handle: str) -> str:
    """To which list and session a seal is bound; the script that finds a place knows no keys."""
    return f"{head}/{handle}"

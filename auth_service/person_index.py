"""Which sessions a person has, without any cookie: `person:<keyed hash>` lists opaque handles.

Neither the key nor the entries say who the person is: the key is a keyed hash of the person's id, the
entries are sealed under the server's key.

A session can end without a word, by its time to live, and Redis 7.0 cannot give a field of a hash a
time to live of its own. So each look drops the entries whose session is gone, auth_service.index_sweep
looks at every list once a minute, and a list's own time to live is that of its longest session.
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self, cast

import msgspec

from common.redis_access import RedisAccess, StoreUnavailable
from common.sealing import NewerFormatError, SealBrokenError, Sealer
from common.session import Session
from common.session_store import session_key

PURPOSE = "person"
PREFIX = "person:"
# In one step: no list without a time to live, whatever breaks in between. GT moves only what NX has set.
ADD = """
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIREAT', KEYS[1], ARGV[3], 'NX')
redis.call('EXPIREAT', KEYS[1], ARGV[3], 'GT')
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

    `entry` is None if a newer release wrote it: then only the handle is known.
    """

    entry: Entry | None
    seconds_left: float


class PersonIndex:
    """Adds, lists and removes entries; every method may raise StoreUnavailable."""

    def __init__(self, redis: RedisAccess, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer

    async def add(self, handle: str, entry: Entry) -> None:
        key = self._keys(entry.person_id)[0]
        sealed = self._sealed(key, handle, entry)
        await self._redis.run(self._redis.client.eval(ADD, 1, key, handle, sealed, entry.ends_at))

    async def live(self, person_id: str) -> Mapping[str, Listed]:
        """Return the person's live sessions by handle; entries whose session is gone are dropped."""
        keys = self._keys(person_id)
        pipeline = self._redis.client.pipeline(transaction=False)
        for key in keys:
            pipeline.hgetall(key)
        lists = cast("list[dict[bytes, bytes]]", await self._redis.run(pipeline.execute()))
        found: dict[str, Listed] = {}
        for key, sealed in zip(keys, lists, strict=True):
            found.update(await self._looked_at(key, sealed))
        return found

    async def remove(self, person_id: str, *handles: str) -> None:
        if not handles:
            return
        pipeline = self._redis.client.pipeline(transaction=False)
        for key in self._keys(person_id):
            pipeline.hdel(key, *handles)
        await self._redis.run(pipeline.execute())

    async def tidy(self, key: str) -> None:
        """Look at one list by its Redis key: drop what is gone, move what an old key has sealed."""
        sealed = await self._redis.run(self._redis.client.hgetall(key))
        entries = cast("dict[bytes, bytes]", sealed)
        live = await self._looked_at(key, entries)
        for name, value in entries.items():
            listed = live.get(name.decode())
            if listed and listed.entry and self._sealer.is_outdated(value):
                await self._move(key, name.decode(), listed.entry)

    async def _looked_at(self, key: str, sealed: Mapping[bytes, bytes]) -> dict[str, Listed]:
        if not sealed:
            return {}
        lifetimes = await self._lifetimes(sealed)
        live: dict[str, Listed] = {}
        gone: list[bytes] = []
        for (name, value), milliseconds in zip(sealed.items(), lifetimes, strict=True):
            listed = self._listed(key, name.decode(), value, milliseconds)
            if listed:
                live[name.decode()] = listed
            else:
                gone.append(name)
        if gone:
            # A store that can be read but not written still tells the truth about the rest.
            with contextlib.suppress(StoreUnavailable):
                await self._redis.run(self._redis.client.hdel(key, *gone))
        return live

    async def _lifetimes(self, handles: Iterable[bytes]) -> list[int]:
        pipeline = self._redis.client.pipeline(transaction=False)
        for handle in handles:
            pipeline.pttl(session_key(handle.decode()))
        return cast("list[int]", await self._redis.run(pipeline.execute()))

    def _listed(self, key: str, handle: str, sealed: bytes, milliseconds: int) -> Listed | None:
        if milliseconds < 0:  # no such session
            return None
        try:
            plain = self._sealer.open(sealed, purpose=PURPOSE, place=f"{key}/{handle}")
        except NewerFormatError:
            return Listed(None, milliseconds / 1000)
        except SealBrokenError:
            return None
        return Listed(DECODER.decode(plain), milliseconds / 1000)

    async def _move(self, key: str, handle: str, entry: Entry) -> None:
        await self.add(handle, entry)
        if key != self._keys(entry.person_id)[0]:
            await self._redis.run(self._redis.client.hdel(key, handle))

    def _sealed(self, key: str, handle: str, entry: Entry) -> bytes:
        plain = msgspec.json.encode(entry)
        return self._sealer.seal(plain, purpose=PURPOSE, place=f"{key}/{handle}")

    def _keys(self, person_id: str) -> list[str]:
        """One key per entry of SESSION_KEYS, newest first: the list survives a key rotation."""
        names = self._sealer.fingerprints(person_id, purpose=PURPOSE)
        return [f"{PREFIX}{name}" for name in names]

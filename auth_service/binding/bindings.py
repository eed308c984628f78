"""What is kept of a bound session: its device's key, and when its ticket came without the short cookie.

The key is sealed under the server's keys, not under the ticket's secret: a renewal can come without any
cookie. Of the device it says nothing. It lies beside the session's record, and ends with it.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from auth_service.binding.proof import DeviceKey
from common.sessions.keys import binding_key, session_key, tried_key
from common.sessions.newer_record import NewerRecord
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.store.access import RedisAccess

PURPOSE = "binding"
# A cookie that is tried again and again is noted this often.
NOTE_SECONDS = 3600


@dataclass(frozen=True)
class Marks:
    """What the list of sessions says of one; the time is in Unix seconds, None if there is none."""

    bound: bool
    tried_at: int | None


@dataclass(frozen=True)
class Bindings:
    """Every method may raise StoreUnavailable; those that read a key, NewerRecord."""

    redis: RedisAccess
    sealer: Sealer

    async def keep(self, handle: str, key: DeviceKey, *, ends: int) -> DeviceKey | None:
        """Keep the first key of a session, until `ends` (Unix milliseconds); return the one that is kept."""
        name = binding_key(handle)
        command = self.redis.client.set(name, self._sealed(name, key), nx=True, get=True, pxat=ends)
        found = cast("bytes | None", await self.redis.run(command, key=name))
        return self._opened(name, found) if found else key

    async def of(self, handle: str) -> DeviceKey | None:
        """The key that the session is bound to; None if it is bound to none, or has ended.

        One that was sealed under an older of SESSION_KEYS is sealed anew, so that this can be taken out.
        """
        name = binding_key(handle)
        sealed, record = await self.redis.read_many([name, session_key(handle)])
        key = self._opened(name, sealed) if sealed and record else None
        if key and sealed and self.sealer.is_outdated(sealed):
            # It never changes, so whoever else writes it meanwhile writes the same; what has ended stays so.
            command = self.redis.client.set(name, self._sealed(name, key), xx=True, keepttl=True)
            await self.redis.run(command, key=name)
        return key

    async def forget(self, handle: str) -> None:
        name = binding_key(handle)
        await self.redis.run(self.redis.client.delete(name), key=name)

    async def note_tried(self, handle: str, *, ends_at: int) -> bool:
        """Note it until `ends_at` (Unix seconds); False if that was done within the last hour."""
        name, now = tried_key(handle), int(time.time())
        before = await self.redis.get(name)
        if before and 0 <= now - int(before) < NOTE_SECONDS:
            return False
        await self.redis.run(self.redis.client.set(name, now, pxat=1000 * ends_at), key=name)
        return True

    async def marks(self, handles: Sequence[str]) -> Mapping[str, Marks]:
        """For the list of a person's sessions: one read for all of them."""
        names = [key(handle) for handle in handles for key in (binding_key, tried_key)]
        found = await self.redis.read_many(names) if names else []
        pairs = zip(handles, found[::2], found[1::2], strict=True)
        return {
            handle: Marks(sealed is not None, int(tried) if tried else None)
            for handle, sealed, tried in pairs
        }

    def _sealed(self, name: str, key: DeviceKey) -> bytes:
        return self.sealer.seal(key.to_bytes(), purpose=PURPOSE, place=name)

    def _opened(self, name: str, sealed: bytes) -> DeviceKey | None:
        try:
            plain = self.sealer.open(sealed, purpose=PURPOSE, place=name)
        except NewerFormatError:
            raise NewerRecord from None
        except SealBrokenError:
            return None  # under a key that was taken out of SESSION_KEYS
        return DeviceKey.from_bytes(plain)

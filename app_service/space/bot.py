"""The bot that lets people into the space: once per person and space, not once per page."""

import contextlib
from dataclasses import KW_ONLY, dataclass, field

from app_service.webex import Webex
from common.sessions.keys import joined_key
from common.sessions.sealing import Sealer
from common.store.access import RedisAccess, StoreUnavailable
from common.webex.http import WebexRefusal

PURPOSE = "joined"
REMEMBERED_SECONDS = 90 * 86400
ALREADY_THERE = 409


@dataclass(frozen=True)
class Bot:
    """Remembers whom it added under a keyed fingerprint: Redis holds neither person nor space."""

    webex: Webex
    redis: RedisAccess
    sealer: Sealer
    _: KW_ONLY
    token: str = field(repr=False)
    room_id: str

    async def add(self, person_id: str) -> None:
        """Add a person, if that was not done before; raise a WebexError if Webex does not want it."""
        keys = self._keys(person_id)
        if any(await self.redis.read_many(keys)):
            return
        try:
            await self.webex.add_member(self.token, self.room_id, person_id)
        except WebexRefusal as error:
            if error.status != ALREADY_THERE:
                raise
        # A store that cannot be written to right now must not cost the page.
        with contextlib.suppress(StoreUnavailable):
            await self.redis.run(
                self.redis.client.set(keys[0], b"1", ex=REMEMBERED_SECONDS), key=keys[0]
            )

    async def forget(self, person_id: str) -> None:
        """Let the next visit add the person again."""
        for key in self._keys(person_id):
            await self.redis.run(self.redis.client.delete(key), key=key)

    async def sees_space(self) -> bool:
        """Whether the space is there, as far as the bot can tell; raise a WebexError."""
        try:
            await self.webex.room(self.token, self.room_id)
        except WebexRefusal as error:
            if error.status in (403, 404):
                return False
            raise
        return True

    def _keys(self, person_id: str) -> list[str]:
        both = f"{person_id} {self.room_id}"
        names = self.sealer.fingerprints(both, purpose=PURPOSE)
        return [joined_key(name) for name in names]

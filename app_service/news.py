"""News by Redis' pub/sub: what replicas and the auth service tell each other.

There is something new in a space: this replica polls at once, and so do the others. Or the space has moved.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from common.sessions.keys import NEWS_CHANNEL
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.store.access import RedisAccess, StoreUnavailable
from common.store.trouble import TROUBLE

# How the word spread: somebody wrote here, or Webex's webhook told; of news, or that the space has moved.
WRITTEN, TOLD, MOVED = "written", "told", "moved"
PURPOSE = "name of a space"
NEW_ID = "where a space has moved"
log = logging.getLogger(__name__)
PATIENCE_SECONDS = 20
AGAIN_SECONDS = 1.0


class Nudge(Protocol):
    def __call__(self, name: str, *, told: bool) -> None: ...


class Moved(Protocol):
    def __call__(self, name: str, new_id: str | None) -> None: ...


@dataclass(frozen=True)
class News:
    """`nudge` is called when there is news; `told` says that it was Webex who told. `moved`: of a new id.

    A space goes by a keyed fingerprint: Redis learns no id.
    """

    redis: RedisAccess
    sealer: Sealer
    nudge: Nudge
    moved: Moved
    # Redis tells this replica, too, what it has said itself: that costs no second look at Webex.
    _me: str = field(default_factory=lambda: secrets.token_hex(4))

    async def spread(self, room_id: str, *, told: bool = False) -> None:
        """Say so everywhere; `told` by Webex means that polling can take its time."""
        name = names_of(self.sealer, room_id)[0]
        self.nudge(name, told=told)
        await self._say(f"{TOLD if told else WRITTEN} {name} {self._me}")

    async def spread_move(self, room_id: str, new_id: str | None) -> None:
        """Say everywhere that Webex has moved the space; `new_id` as far as it is known."""
        name = names_of(self.sealer, room_id)[0]
        self.moved(name, new_id)
        sealed = self.sealer.seal_text((new_id or "").encode(), purpose=NEW_ID, place=name)
        await self._say(f"{MOVED} {name} {self._me} {sealed}")

    async def _say(self, word: str) -> None:
        # Losing it must cost no more than a little time.
        with contextlib.suppress(StoreUnavailable):
            await self.redis.run(self.redis.client.publish(NEWS_CHANNEL, word))

    def hear(self, word: str) -> None:
        """What another replica said."""
        verb, name, said_by, sealed = (*word.split(" ", 3), "", "", "")[:4]
        if said_by == self._me:
            return
        if verb != MOVED:
            self.nudge(name, told=verb == TOLD)
            return
        with contextlib.suppress(SealBrokenError, NewerFormatError):
            new_id = self.sealer.open_text(sealed, purpose=NEW_ID, place=name).decode()
            self.moved(name, new_id or None)


def names_of(sealer: Sealer, room_id: str) -> tuple[str, ...]:
    """What a space is called in Redis, by each of the keys, the newest first."""
    return sealer.fingerprints(room_id, purpose=PURPOSE)


class Announcements:
    """Listens on channels (pub/sub), and after a gap says so: what was said meanwhile was not heard."""

    def __init__(
        self,
        redis: RedisAccess,
        hear: Mapping[str, Callable[[str], None]],
        *,
        after_gap: Callable[[], None],
    ) -> None:
        self._redis = redis
        self._hear = hear
        self._after_gap = after_gap

    async def run(self) -> None:
        """Listen until cancelled, through every outage of Redis."""
        while True:
            try:
                await self._listen()
            except TROUBLE as error:
                log.warning("announcements_interrupted", extra={"reason": type(error).__name__})
            except Exception:
                log.exception("announcements_failed")
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self) -> None:
        async with self._redis.client.pubsub() as pubsub:
            await pubsub.subscribe(*self._hear)
            self._after_gap()
            while True:
                said = await pubsub.get_message(
                    ignore_subscribe_messages=True, timeout=PATIENCE_SECONDS
                )
                if said is not None:
                    self._pass_on(said)

    def _pass_on(self, said: Mapping[str, object]) -> None:
        channel, data = said.get("channel"), said.get("data")
        if isinstance(channel, bytes) and isinstance(data, bytes):
            self._hear[channel.decode()](data.decode(errors="replace"))


NEWS = web.AppKey("NEWS", News)

"""News by Redis' pub/sub: what replicas and the auth service tell each other.

There is something new in the space: this replica polls at once, and so do the others.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from common.sessions.keys import NEWS_CHANNEL
from common.store.access import RedisAccess, StoreUnavailable
from common.store.trouble import TROUBLE

# How the word spread: somebody wrote here, or Webex's webhook told.
WRITTEN, TOLD = "written", "told"
log = logging.getLogger(__name__)
PATIENCE_SECONDS = 20
AGAIN_SECONDS = 1.0


class Nudge(Protocol):
    def __call__(self, *, told: bool) -> None: ...


@dataclass(frozen=True)
class News:
    """`nudge` is called when there is news; `told` says that it was Webex who told."""

    redis: RedisAccess
    nudge: Nudge

    async def spread(self, *, told: bool = False) -> None:
        """Say so everywhere; `told` by Webex means that polling can take its time."""
        word = TOLD if told else WRITTEN
        self.hear(word)
        # Losing it must cost no more than a little time.
        with contextlib.suppress(StoreUnavailable):
            await self.redis.run(self.redis.client.publish(NEWS_CHANNEL, word))

    def hear(self, word: str) -> None:
        """What a replica said, this one included."""
        self.nudge(told=word == TOLD)


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

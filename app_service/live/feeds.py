"""The spaces that are watched through this replica, each with a feed of its own."""

import asyncio
import logging
import time
from collections.abc import Callable

from aiohttp import web

from app_service.live.feed import Live
from app_service.live.viewer import Viewer
from app_service.live.watched import Watched
from app_service.space.spaces import OpenSpace

log = logging.getLogger(__name__)

# Each costs Webex as much as the one at /widget; fewer than are held (app_service.space.spaces).
MOST_WATCHED = 200
# Somebody who loads a page again is back sooner.
LET_GO_SECONDS = 60
ROUND_SECONDS = 15


class Feeds:
    """`serve` makes what serves a space."""

    def __init__(self, serve: Callable[[OpenSpace], Watched]) -> None:
        self._serve = serve
        self._watched: dict[str, Watched] = {}
        # When nobody was found there first, by time.monotonic().
        self._empty_since: dict[str, float] = {}

    @property
    def streams(self) -> int:
        """How many are open here."""
        return sum(len(each.viewers) for each in self._watched.values())

    def __len__(self) -> int:
        return len(self._watched)

    def has_room_for(self, here: OpenSpace) -> bool:
        """Whether the space is watched already, or one more may be."""
        return here.space.room_id in self._watched or len(self._watched) < MOST_WATCHED

    def join(self, here: OpenSpace, viewer: Viewer) -> Live:
        """Let somebody who may read the space see what comes; return the feed, to leave it."""
        room_id = here.space.room_id
        if room_id not in self._watched:
            self._watched[room_id] = self._serve(here)
            self._watched[room_id].begin()
        self._empty_since.pop(room_id, None)
        live = self._watched[room_id].live
        live.join(viewer)
        return live

    def nudge(self, name: str, *, told: bool) -> None:
        """There is news in the space of this name; without a name in any, as the former release says it."""
        for each in self._watched.values():
            if not name or name in each.names:
                each.live.nudge(told=told)

    def look_elsewhere(self, name: str, new_id: str | None) -> None:
        """Webex says that it has moved the space of this name."""
        for each in self._watched.values():
            if name in each.names:
                each.look_elsewhere(new_id)

    def end_session(self, handle: str) -> None:
        for each in self._watched.values():
            each.here.admission.forget(handle)
            each.viewers.end_session(handle, "signed_out")

    def look_soon(self) -> None:
        """The end of a session may have been announced and not heard."""
        for each in self._watched.values():
            each.rounds.look_soon()

    async def run(self) -> None:
        """Let go of what nobody watches any more, until cancelled."""
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            try:
                await self.let_go()
            except Exception:
                log.exception("feeds_failed")

    async def let_go(self) -> None:
        """Close the feeds without a viewer for so long."""
        now = time.monotonic()
        for room_id, watched in list(self._watched.items()):
            if len(watched.viewers):
                self._empty_since.pop(room_id, None)
            elif now - self._empty_since.setdefault(room_id, now) >= LET_GO_SECONDS:
                # First: whoever comes while it closes begins a new one.
                del self._watched[room_id], self._empty_since[room_id]
                await watched.close()

    async def end_streams(self) -> None:
        """Browsers come back to another replica."""
        await asyncio.gather(*(each.live.close() for each in self._watched.values()))

    async def close(self) -> None:
        await asyncio.gather(*(each.close() for each in self._watched.values()))


FEEDS = web.AppKey("FEEDS", Feeds)

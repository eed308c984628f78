"""A space that Webex moves to another region gets another id: its viewers are told, and led there.

Cisco's API description names the event (webhooks, resource `rooms`, event `migrated`: "A room was migrated
to a different geography. The roomId has changed.") and not what a call of it carries. Taken for granted is
what calls about other resources have: `data`, and ids in it. Whatever else there is, Webex is asked with
viewers' own tokens where the space is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app_service.live.audience import Viewers
from app_service.live.feed import Live
from app_service.live.viewer import Viewer
from app_service.space.place import place_of
from app_service.space.room import OUTSIDE, Room
from app_service.webex import Webex
from common.failures import Failure
from common.webex.http import WebexError, WebexRefusal

RESOURCE, EVENT = "rooms", "migrated"


@dataclass(frozen=True)
class Migration:
    """What a call says: `new_id` is where the space is, None if the call names no second id."""

    new_id: str | None

    @classmethod
    def of(
        cls, body: dict[str, Any], room_id: str, *, is_id: Callable[[object], bool]
    ) -> "Migration | None":
        """Read a call's body; None if it is not about the migration of this space."""
        data = body.get("data")
        if (body.get("resource"), body.get("event")) != (RESOURCE, EVENT):
            return None
        if not isinstance(data, dict) or room_id not in data.values():
            return None
        named = (data.get(name) for name in ("id", "roomId"))
        return cls(next((one for one in named if is_id(one) and one != room_id), None))


class Whereabouts:
    """Finds out where a watched space has gone."""

    def __init__(self, room_id: str, *, webex: Webex, live: Live, viewers: Viewers) -> None:
        self._room_id = room_id
        self._webex = webex
        self._live = live
        self._viewers = viewers

    async def look(self, new_id: str | None) -> None:
        """Ask Webex with viewers' tokens; if the space is elsewhere, end every stream and say where.

        `new_id` is believed only if Webex shows it to them. If Webex does not answer, polling goes on, and
        finds out by itself that the space is not there.
        """
        witnesses = self._witnesses()
        found = [await self._shown_to(viewer, new_id) for viewer in witnesses]
        if not found or self._room_id in found:
            self._live.nudge()
            return
        to = found[0] if len(set(found)) == 1 else None
        for viewer in self._viewers:
            self._viewers.end(viewer, "moved", to=place_of(to).page if to else None)

    def _witnesses(self) -> list[Viewer]:
        """Who reads, and somebody else: who has just left sees the space nowhere, and may have made the call.

        Webex shows a webhook's secret to whoever has its maker's token; with OFFICIAL_WIDGET browsers do.
        """
        reader = self._live.reader()
        if reader is None:
            return []
        others = (one for one in self._viewers if one.person_id != reader.person_id)
        return [reader, *islice(others, 1)]

    async def _shown_to(self, viewer: Viewer, new_id: str | None) -> str | None:
        try:
            return await self._live.read(viewer, lambda token: self._find(token, new_id))
        except (WebexError, Failure):
            return self._room_id

    async def _find(self, token: str, new_id: str | None) -> str | None:
        """The id by which Webex shows the space; None if by none that is known."""
        for room_id in (self._room_id, new_id):
            try:
                room = Room.from_webex(await self._webex.room(token, room_id)) if room_id else None
            except WebexRefusal as error:
                if error.status not in OUTSIDE:
                    raise
            else:
                if room is not None:
                    return room.id
        return None

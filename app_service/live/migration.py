"""A space that Webex moves to another region gets another id: its viewers are told, and led there.

Cisco's API description names the event (webhooks, resource `rooms`, event `migrated`: "A room was migrated
to a different geography. The roomId has changed.") and not what a call of it carries. Taken for granted is
what calls about other resources have: `data`, and ids in it. Whatever else there is, Webex is asked with a
viewer's own token where the space is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app_service.live.audience import Viewers
from app_service.live.feed import Live
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


class Removal:
    """Finds out where a watched space has gone."""

    def __init__(self, room_id: str, *, webex: Webex, live: Live, viewers: Viewers) -> None:
        self._room_id = room_id
        self._webex = webex
        self._live = live
        self._viewers = viewers

    async def look(self, new_id: str | None) -> None:
        """Ask Webex with a viewer's token; if the space is elsewhere, end every stream and say where.

        `new_id` is believed only if Webex shows it to that viewer. If Webex does not answer, polling
        goes on, and finds out by itself that the space is not there.
        """
        reader = self._live.reader()
        if reader is None:
            return
        try:
            found = await self._live.read(reader, lambda token: self._find(token, new_id))
        except (WebexError, Failure):
            found = self._room_id
        if found == self._room_id:
            self._live.nudge()
            return
        for viewer in self._viewers:
            self._viewers.end(viewer, "moved", to=place_of(found).page if found else None)

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

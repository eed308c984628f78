"""Rooms, which Webex's own pages call spaces."""

from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from webex_sandbox.clock import timestamp
from webex_sandbox.ids import ORG_ID, webex_id

RoomType = Literal["group", "direct"]


@dataclass(slots=True, kw_only=True)
class Room:
    uuid: str
    title: str
    type: RoomType
    creator_id: str
    created: float
    last_activity: float
    is_locked: bool = False
    """Moderated: only its moderators add people."""
    is_announcement_only: bool = False
    """Only its moderators write."""
    is_public: bool = False
    is_read_only: bool = False
    description: str = ""
    team_id: str = ""

    @property
    def id(self) -> str:
        return webex_id("ROOM", self.uuid)


class Rooms:
    def __init__(self) -> None:
        self._by_id: dict[str, Room] = {}

    def reset(self) -> None:
        self._by_id.clear()

    def add(self, room: Room) -> Room:
        self._by_id[room.id] = room
        return room

    def find(self, room_id: str) -> Room | None:
        return self._by_id.get(room_id)

    def all(self) -> list[Room]:
        return list(self._by_id.values())

    def remove(self, room_id: str) -> None:
        self._by_id.pop(room_id, None)


ROOMS = web.AppKey("ROOMS", Rooms)


def room_json(room: Room, title: str = "") -> dict[str, Any]:
    """Describe a room; `title` replaces the room's own, for rooms of two."""
    optional = {"teamId": room.team_id, "description": room.description}
    return {
        "id": room.id,
        "title": title or room.title,
        "type": room.type,
        "isLocked": room.is_locked,
        "lastActivity": timestamp(room.last_activity),
        "creatorId": room.creator_id,
        "created": timestamp(room.created),
        "ownerId": ORG_ID,
        "isPublic": room.is_public,
        "isReadOnly": room.is_read_only,
        "isAnnouncementOnly": room.is_announcement_only,
        **{name: value for name, value in optional.items() if value},
    }

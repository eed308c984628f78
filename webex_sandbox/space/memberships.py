"""Who is in which room."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from webex_sandbox.clock import timestamp
from webex_sandbox.ids import webex_id
from webex_sandbox.people import Person
from webex_sandbox.space.rooms import Room


@dataclass(slots=True, kw_only=True)
class Membership:
    room: Room
    person: Person
    is_moderator: bool
    created: float
    is_room_hidden: bool = False

    @property
    def id(self) -> str:
        return webex_id("MEMBERSHIP", f"{self.person.uuid}:{self.room.uuid}")


class Memberships:
    def __init__(self) -> None:
        self._by_id: dict[str, Membership] = {}
        self._of_room: dict[str, dict[str, Membership]] = {}
        self._of_person: dict[str, dict[str, Membership]] = {}

    def reset(self) -> None:
        self._by_id.clear()
        self._of_room.clear()
        self._of_person.clear()

    def add(self, membership: Membership) -> Membership:
        room_id, person_id = membership.room.id, membership.person.id
        self._by_id[membership.id] = membership
        self._of_room.setdefault(room_id, {})[person_id] = membership
        self._of_person.setdefault(person_id, {})[room_id] = membership
        return membership

    def remove(self, membership: Membership) -> None:
        del self._by_id[membership.id]
        del self._of_room[membership.room.id][membership.person.id]
        del self._of_person[membership.person.id][membership.room.id]

    def find(self, room: Room, person: Person) -> Membership | None:
        return self._of_room.get(room.id, {}).get(person.id)

    def by_id(self, membership_id: str) -> Membership | None:
        return self._by_id.get(membership_id)

    def of_room(self, room: Room) -> list[Membership]:
        return list(self._of_room.get(room.id, {}).values())

    def of_person(self, person: Person) -> list[Membership]:
        return list(self._of_person.get(person.id, {}).values())


MEMBERSHIPS = web.AppKey("MEMBERSHIPS", Memberships)


def membership_json(membership: Membership) -> dict[str, Any]:
    room, person = membership.room, membership.person
    return {
        "id": membership.id,
        "roomId": room.id,
        "roomType": room.type,
        "personId": person.id,
        "personEmail": person.email,
        "personDisplayName": person.display_name,
        "personOrgId": person.org_id,
        "isModerator": membership.is_moderator,
        "isMonitor": membership.is_moderator,
        "isRoomHidden": membership.is_room_hidden,
        "created": timestamp(membership.created),
    }

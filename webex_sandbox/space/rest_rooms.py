"""/v1/rooms: listing, opening, changing and closing rooms."""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import read_body
from webex_sandbox.errors import WebexError
from webex_sandbox.paging import most, page_of
from webex_sandbox.people import Person
from webex_sandbox.scopes import READ_ROOMS, WRITE_ROOMS
from webex_sandbox.sign_in.bearer import authenticate
from webex_sandbox.space.access import membership_in
from webex_sandbox.space.conversation import CONVERSATION
from webex_sandbox.space.demo import DEMO
from webex_sandbox.space.memberships import MEMBERSHIPS, Membership
from webex_sandbox.space.rest_teams import own_membership
from webex_sandbox.space.rooms import Room, room_json

_TYPES = {"", "group", "direct"}


class RoomWords(msgspec.Struct, kw_only=True, rename="camel"):
    title: Annotated[str, Meta(min_length=1)]
    team_id: str = ""
    description: str = ""
    is_locked: bool | None = None
    is_public: bool | None = None
    is_announcement_only: bool | None = None
    is_read_only: bool | None = None

    def apply(self, room: Room) -> None:
        """Change a room; what is left out stays."""
        room.title, room.description = self.title, self.description or room.description
        for name in ("is_locked", "is_public", "is_announcement_only", "is_read_only"):
            wanted = getattr(self, name)
            if wanted is not None:
                setattr(room, name, wanted)
        if room.is_announcement_only and not room.is_locked:
            raise WebexError(400, "isAnnouncementOnly needs isLocked.")


async def list_rooms(request: web.Request) -> web.Response:
    """List the rooms that the caller is in."""
    person = authenticate(request, READ_ROOMS).grant.person
    size, kind = most(request, 100), request.query.get("type", "")
    team_id = request.query.get("teamId", "")
    if kind not in _TYPES:
        raise WebexError(400, "type must be group or direct.")
    request.app[DEMO].welcome(person)
    rooms = [membership.room for membership in request.app[MEMBERSHIPS].of_person(person)]
    wanted = _sorted(
        request,
        [room for room in rooms if kind in {"", room.type} and team_id in {"", room.team_id}],
    )
    return page_of(request, [_json(request, room, person) for room in wanted], size)


async def get_room(request: web.Request) -> web.Response:
    """Show a room that the caller is in."""
    person = authenticate(request, READ_ROOMS).grant.person
    membership = membership_in(request, request.match_info["room_id"], person)
    return json_answer(_json(request, membership.room, person))


async def create_room(request: web.Request) -> web.Response:
    """Open a room; the answer is 200, and whoever opens it is in it."""
    caller = authenticate(request, WRITE_ROOMS).grant.person
    body = await read_body(request, RoomWords)
    room = request.app[CONVERSATION].new_room(body.title, caller)
    body.apply(room)
    room.team_id = body.team_id and own_membership(request, caller, body.team_id).team.id
    request.app[CONVERSATION].open_room(room, caller)
    return json_answer(room_json(room))


async def change_room(request: web.Request) -> web.Response:
    """Rename a room, or change how it is moderated."""
    own = _to_change(request)
    body = await read_body(request, RoomWords)
    body.apply(own.room)
    if own.room.is_locked and not own.is_moderator:
        own.is_moderator = True
    request.app[CONVERSATION].tell_of_room("updated", own.room, own.person)
    return json_answer(room_json(own.room))


async def delete_room(request: web.Request) -> web.Response:
    """Close a room, with everything that is in it."""
    request.app[CONVERSATION].close(_to_change(request).room)
    return web.Response(status=204)


async def meeting_info(request: web.Request) -> web.Response:
    """Tell where a room meets; nobody is there."""
    caller = authenticate(request, READ_ROOMS).grant.person
    room = membership_in(request, request.match_info["room_id"], caller).room
    number = str(int(room.uuid.replace("-", ""), 16))[:9]
    return json_answer(
        {
            "roomId": room.id,
            "meetingLink": f"https://example.webex.com/m/{room.uuid}",
            "sipAddress": f"{number}@example.webex.com",
            "meetingNumber": number,
            "meetingId": room.uuid.replace("-", ""),
            "callInTollFreeNumber": "+1-800-555-0100",
            "callInTollNumber": "+1-555-555-0100",
        }
    )


def _to_change(request: web.Request) -> Membership:
    caller = authenticate(request, WRITE_ROOMS).grant.person
    own = membership_in(request, request.match_info["room_id"], caller)
    if own.room.type == "direct":
        raise WebexError(400, "A room of two cannot be changed.")
    if own.room.is_locked and not own.is_moderator:
        raise WebexError(403, "Only moderators can change this room.")
    return own


def _sorted(request: web.Request, rooms: list[Room]) -> list[Room]:
    sort_by = request.query.get("sortBy", "id")
    if sort_by == "id":
        return sorted(rooms, key=lambda room: room.id)
    if sort_by == "lastactivity":
        return sorted(rooms, key=lambda room: (-room.last_activity, room.id))
    if sort_by == "created":
        return sorted(rooms, key=lambda room: (-room.created, room.id))
    raise WebexError(400, "sortBy must be id, lastactivity or created.")


def _json(request: web.Request, room: Room, viewer: Person) -> dict[str, Any]:
    if room.type == "group":
        return room_json(room)
    members = request.app[MEMBERSHIPS].of_room(room)
    others = [member.person for member in members if member.person != viewer]
    return room_json(room, others[0].display_name if others else "")

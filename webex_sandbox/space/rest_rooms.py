"""GET /v1/rooms and /v1/rooms/{room_id}."""

from typing import Any

from aiohttp import web

from webex_sandbox.answers import json_answer
from webex_sandbox.errors import WebexError
from webex_sandbox.paging import most, page_of
from webex_sandbox.people import Person
from webex_sandbox.scopes import READ_ROOMS
from webex_sandbox.sign_in.bearer import authenticate
from webex_sandbox.space.access import membership_in
from webex_sandbox.space.demo import DEMO
from webex_sandbox.space.memberships import MEMBERSHIPS
from webex_sandbox.space.rooms import Room, room_json

_TYPES = {"", "group", "direct"}


async def list_rooms(request: web.Request) -> web.Response:
    """List the rooms that the caller is in."""
    person = authenticate(request, READ_ROOMS).grant.person
    size, kind = most(request, 100), request.query.get("type", "")
    if kind not in _TYPES:
        raise WebexError(400, "type must be group or direct.")
    request.app[DEMO].welcome(person)
    rooms = [membership.room for membership in request.app[MEMBERSHIPS].of_person(person)]
    wanted = _sorted(request, [room for room in rooms if kind in {"", room.type}])
    return page_of(request, [_json(request, room, person) for room in wanted], size)


async def get_room(request: web.Request) -> web.Response:
    """Show a room that the caller is in."""
    person = authenticate(request, READ_ROOMS).grant.person
    membership = membership_in(request, request.match_info["room_id"], person)
    return json_answer(_json(request, membership.room, person))


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

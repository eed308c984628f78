"""/v1/memberships: who is in a room, adding people to it, leaving it."""

import msgspec
from aiohttp import web

from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import read_body
from webex_sandbox.errors import WebexError
from webex_sandbox.paging import most, page_of
from webex_sandbox.people import Person
from webex_sandbox.scopes import READ_MEMBERSHIPS, WRITE_MEMBERSHIPS
from webex_sandbox.sign_in.bearer import authenticate
from webex_sandbox.space.access import find_person, membership_in, wanted_person
from webex_sandbox.space.conversation import CONVERSATION
from webex_sandbox.space.memberships import MEMBERSHIPS, Membership, membership_json

ALREADY_THERE = "User is already a participant in the room."


class NewMembership(msgspec.Struct, kw_only=True, rename="camel"):
    room_id: str
    person_id: str = ""
    person_email: str = ""
    is_moderator: bool = False


class MembershipChange(msgspec.Struct, kw_only=True, rename="camel"):
    is_moderator: bool = False
    is_room_hidden: bool = False


async def list_memberships(request: web.Request) -> web.Response:
    """List who is in a room, or the rooms that the caller is in."""
    person = authenticate(request, READ_MEMBERSHIPS).grant.person
    size = most(request, 100)
    found = [membership_json(membership) for membership in _asked_for(request, person)]
    return page_of(request, found, size)


async def create_membership(request: web.Request) -> web.Response:
    """Add a person to a room; the answer is 200.

    Raises:
        WebexError: 404 when the caller is not in the room or the person does not exist, 403 in a
            moderated room, 409 when the person is there already.

    """
    caller = authenticate(request, WRITE_MEMBERSHIPS).grant.person
    body = await read_body(request, NewMembership)
    own = membership_in(request, body.room_id, caller)
    person = wanted_person(request.app, body.person_email or body.person_id)
    if own.room.type == "direct":
        raise WebexError(400, "Nobody can be added to a room of two.")
    if request.app[MEMBERSHIPS].find(own.room, person):
        raise WebexError(409, ALREADY_THERE)
    if own.room.is_locked and not own.is_moderator:
        raise WebexError(403, "Only moderators can add people to this room.")
    membership = request.app[CONVERSATION].join(
        own.room, person, by=caller, is_moderator=body.is_moderator
    )
    return json_answer(membership_json(membership))


async def get_membership(request: web.Request) -> web.Response:
    """Show a membership in a room that the caller is in."""
    caller = authenticate(request, READ_MEMBERSHIPS).grant.person
    return json_answer(membership_json(_visible(request, caller)))


async def change_membership(request: web.Request) -> web.Response:
    """Make somebody a moderator or no longer; hide or show a room of two."""
    caller = authenticate(request, WRITE_MEMBERSHIPS).grant.person
    membership = _visible(request, caller)
    body = await read_body(request, MembershipChange)
    own = membership_in(request, membership.room.id, caller)
    if membership.room.is_locked and not own.is_moderator:
        raise WebexError(403, "Only moderators can change who moderates this room.")
    if body.is_room_hidden and membership.room.type == "group":
        raise WebexError(400, "Only a room of two can be hidden.")
    membership.is_moderator, membership.is_room_hidden = body.is_moderator, body.is_room_hidden
    request.app[CONVERSATION].change(membership, by=caller)
    return json_answer(membership_json(membership))


async def delete_membership(request: web.Request) -> web.Response:
    """Leave a room, or as a moderator take somebody out of it."""
    caller = authenticate(request, WRITE_MEMBERSHIPS).grant.person
    membership = _visible(request, caller)
    own = membership_in(request, membership.room.id, caller)
    if membership.person != caller and membership.room.is_locked and not own.is_moderator:
        raise WebexError(403, "Only moderators can remove people from this room.")
    request.app[CONVERSATION].leave(membership, by=caller)
    return web.Response(status=204)


def _asked_for(request: web.Request, caller: Person) -> list[Membership]:
    room_id = request.query.get("roomId")
    address = request.query.get("personEmail") or request.query.get("personId")
    if room_id is None:
        if address:
            raise WebexError(400, "roomId is required with personId or personEmail.")
        return request.app[MEMBERSHIPS].of_person(caller)
    room = membership_in(request, room_id, caller).room
    if not address:
        return request.app[MEMBERSHIPS].of_room(room)
    person = find_person(request.app, address)
    membership = request.app[MEMBERSHIPS].find(room, person) if person else None
    return [membership] if membership else []


def _visible(request: web.Request, caller: Person) -> Membership:
    membership = request.app[MEMBERSHIPS].by_id(request.match_info["membership_id"])
    if membership is None:
        raise WebexError(404)
    membership_in(request, membership.room.id, caller)
    return membership

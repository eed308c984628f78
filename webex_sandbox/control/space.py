"""/_sandbox's switches for the conversation.

Everywhere room_id is the demo space and email is Grace's unless said otherwise.
"""

from dataclasses import replace
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from webex_sandbox.addresses import api_origin
from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import Switch, read_body
from webex_sandbox.errors import WebexError
from webex_sandbox.people import PEOPLE, Person
from webex_sandbox.space.chatter import CHATTER
from webex_sandbox.space.contents import CONTENTS, Content
from webex_sandbox.space.conversation import CONVERSATION
from webex_sandbox.space.deliveries import DELIVERIES
from webex_sandbox.space.demo import DEMO_SPACE_ID
from webex_sandbox.space.memberships import MEMBERSHIPS
from webex_sandbox.space.messages import message_json
from webex_sandbox.space.rest_messages import wording_of
from webex_sandbox.space.rooms import ROOMS, Room, room_json

_MOST_COPIES = 10


class SomebodySomewhere(Switch):
    email: str = "grace@example.com"
    room_id: str = DEMO_SPACE_ID

    def room(self, request: web.Request) -> Room:
        room = request.app[ROOMS].find(self.room_id)
        if room is None:
            raise WebexError(404)
        return room

    def person(self, request: web.Request) -> Person:
        person = request.app[PEOPLE].by_email(self.email)
        if person is None:
            raise WebexError(400, "Nobody has this e-mail address.")
        return person


class Words(SomebodySomewhere):
    text: str = ""
    markdown: str = ""
    html: str = ""
    parent_id: str = ""
    file_name: str = ""
    file_type: str = "text/plain"
    file_text: str = ""


class MembershipChange(SomebodySomewhere):
    is_member: bool = True
    is_moderator: bool = False


class RoomChange(Switch):
    room_id: str = DEMO_SPACE_ID
    is_locked: bool | None = None
    is_announcement_only: bool | None = None
    is_gone: bool = False
    is_migrated: bool = False


class ChatterChange(SomebodySomewhere):
    every_seconds: Annotated[float, Meta(ge=0)] = 0


class DeliveriesChange(Switch):
    copies: Annotated[int, Meta(ge=0, le=_MOST_COPIES)] = 1
    signatures: tuple[Literal["X-Spark-Signature", "X-Webex-Signature"], ...] = (
        "X-Spark-Signature",
        "X-Webex-Signature",
    )


async def say(request: web.Request) -> web.Response:
    """Let somebody write: email, room_id, text, markdown, html (goes out to the letter), parent_id.

    A file is file_name, file_type, file_text.
    """
    body = await read_body(request, Words)
    room, author = body.room(request), body.person(request)
    wording = wording_of(request.app, body.text, body.markdown)
    message = request.app[CONVERSATION].say(
        room,
        author,
        replace(wording, html=body.html or wording.html),
        parent_id=body.parent_id,
        content=_content(request, room, body),
    )
    return json_answer(message_json(message, api_origin(request)))


async def change_membership(request: web.Request) -> web.Response:
    """Let somebody come or go: email, room_id, is_member, is_moderator."""
    body = await read_body(request, MembershipChange)
    room, person = body.room(request), body.person(request)
    conversation = request.app[CONVERSATION]
    membership = request.app[MEMBERSHIPS].find(room, person)
    if membership and not body.is_member:
        conversation.leave(membership, by=person)
    elif membership:
        membership.is_moderator = body.is_moderator
    elif body.is_member:
        conversation.join(room, person, by=person, is_moderator=body.is_moderator)
    return web.Response(status=204)


async def change_room(request: web.Request) -> web.Response:
    """Change a room: room_id, is_locked, is_announcement_only, is_gone, is_migrated."""
    body = await read_body(request, RoomChange)
    room = request.app[ROOMS].find(body.room_id)
    if room is None:
        raise WebexError(404)
    if body.is_locked is not None:
        room.is_locked = body.is_locked
    if body.is_announcement_only is not None:
        room.is_announcement_only = body.is_announcement_only
    if body.is_migrated:
        by = request.app[MEMBERSHIPS].of_room(room)[0].person
        request.app[CONVERSATION].migrate(room, by)
    if body.is_gone:
        request.app[CONVERSATION].close(room)
    return json_answer(room_json(room))


async def change_chatter(request: web.Request) -> web.Response:
    """Let somebody write now and then: every_seconds (0 stops), email, room_id."""
    body = await read_body(request, ChatterChange)
    room, author = body.room(request), body.person(request)
    chatter = request.app[CHATTER]
    if body.every_seconds:
        chatter.begin(room, author, body.every_seconds)
    else:
        chatter.reset()
    return json_answer({"is_writing": chatter.is_writing})


async def change_deliveries(request: web.Request) -> web.Response:
    """Say how often each webhook arrives, and signed how: copies, signatures (names of headers)."""
    body = await read_body(request, DeliveriesChange)
    deliveries = request.app[DELIVERIES]
    deliveries.copies, deliveries.signatures = body.copies, body.signatures
    return json_answer(msgspec.structs.asdict(body))


def _content(request: web.Request, room: Room, body: Words) -> Content | None:
    if not body.file_name:
        return None
    return request.app[CONTENTS].add(room, body.file_name, body.file_type, body.file_text.encode())

"""/_sandbox's switches for the conversation.

| request | what it does |
| --- | --- |
| POST /_sandbox/messages | somebody writes, see below |
| PUT /_sandbox/memberships | `{"email", "room_id", "is_member", "is_moderator"}` |
| PATCH /_sandbox/rooms | `{"room_id", "is_locked", "is_announcement_only", "is_gone"}` |
| PUT /_sandbox/chatter | somebody writes now and then: `{"every_seconds", "email", "room_id"}`; 0 stops |
| PATCH /_sandbox/deliveries | how often each webhook arrives: `{"copies"}` |

Somebody writes `{"email", "room_id", "text", "markdown", "html", "parent_id", "file_name",
"file_type", "file_text"}`; html goes out to the letter, however hostile it is. Everywhere room_id
is the demo space and email is Grace's unless said otherwise.
"""

from dataclasses import replace

from aiohttp import web

from webex_sandbox.addresses import api_origin
from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import JsonObject, json_object
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


async def say(request: web.Request) -> web.Response:
    body = await json_object(request)
    room, author = _room(request, body), _person(request, body)
    wording = wording_of(request.app, body.text("text"), body.text("markdown"))
    html, parent_id = body.text("html"), body.text("parent_id")
    content = _content(request, room, body)
    body.nothing_else()
    message = request.app[CONVERSATION].say(
        room,
        author,
        replace(wording, html=html or wording.html),
        parent_id=parent_id,
        content=content,
    )
    return json_answer(message_json(message, api_origin(request)))


async def change_membership(request: web.Request) -> web.Response:
    body = await json_object(request)
    room, person = _room(request, body), _person(request, body)
    is_member = body.flag("is_member", default=True)
    is_moderator = body.flag("is_moderator")
    body.nothing_else()
    conversation = request.app[CONVERSATION]
    membership = request.app[MEMBERSHIPS].find(room, person)
    if membership and not is_member:
        conversation.leave(membership, by=person)
    elif membership:
        membership.is_moderator = is_moderator
    elif is_member:
        conversation.join(room, person, by=person, is_moderator=is_moderator)
    return web.Response(status=204)


async def change_room(request: web.Request) -> web.Response:
    body = await json_object(request)
    room = _room(request, body)
    room.is_locked = body.flag("is_locked", default=room.is_locked)
    room.is_announcement_only = body.flag("is_announcement_only", default=room.is_announcement_only)
    is_gone = body.flag("is_gone")
    body.nothing_else()
    if is_gone:
        request.app[CONVERSATION].close(room)
    return json_answer(room_json(room))


async def change_chatter(request: web.Request) -> web.Response:
    body = await json_object(request)
    room, author = _room(request, body), _person(request, body)
    every_seconds = body.number("every_seconds")
    body.nothing_else()
    chatter = request.app[CHATTER]
    if every_seconds:
        chatter.begin(room, author, every_seconds)
    else:
        chatter.reset()
    return json_answer({"is_writing": chatter.is_writing})


async def change_deliveries(request: web.Request) -> web.Response:
    body = await json_object(request)
    copies = int(body.number("copies", 1))
    body.nothing_else()
    if copies > _MOST_COPIES:
        raise WebexError(400, f"copies must not be more than {_MOST_COPIES}.")
    request.app[DELIVERIES].copies = copies
    return json_answer({"copies": copies})


def _room(request: web.Request, body: JsonObject) -> Room:
    room = request.app[ROOMS].find(body.text("room_id", DEMO_SPACE_ID))
    if room is None:
        raise WebexError(404)
    return room


def _person(request: web.Request, body: JsonObject) -> Person:
    person = request.app[PEOPLE].by_email(body.text("email", "grace@example.com"))
    if person is None:
        raise WebexError(400, "Nobody has this e-mail address.")
    return person


def _content(request: web.Request, room: Room, body: JsonObject) -> Content | None:
    name, data = body.text("file_name"), body.text("file_text").encode()
    content_type = body.text("file_type", "text/plain")
    return request.app[CONTENTS].add(room, name, content_type, data) if name else None

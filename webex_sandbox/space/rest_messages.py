"""/v1/messages: reading, writing, editing and deleting."""

import math
from datetime import UTC, datetime

from aiohttp import web

from webex_sandbox.addresses import api_origin
from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import read_body
from webex_sandbox.errors import WebexError
from webex_sandbox.paging import most, next_link
from webex_sandbox.people import Person
from webex_sandbox.scopes import READ_MESSAGES, WRITE_MESSAGES
from webex_sandbox.settings import SETTINGS
from webex_sandbox.sign_in.bearer import authenticate
from webex_sandbox.space.access import find_person, membership_in, message_for, wanted_person
from webex_sandbox.space.contents import CONTENTS, Content
from webex_sandbox.space.conversation import CONVERSATION, direct_room_id
from webex_sandbox.space.drafts import Draft, Words, read_draft
from webex_sandbox.space.markdown import render
from webex_sandbox.space.memberships import Membership
from webex_sandbox.space.messages import MESSAGES, MOST_EDITS, Message, Wording, message_json
from webex_sandbox.space.rooms import ROOMS, Room

_MOST_WITH_MENTIONS = 100
_MOST_DIRECT = 50


async def list_messages(request: web.Request) -> web.Response:
    """List a room's messages, newest first."""
    caller = authenticate(request, READ_MESSAGES).grant.person
    room_id = request.query.get("roomId")
    if not room_id:
        raise WebexError(400, "roomId is required.")
    room = membership_in(request, room_id, caller).room
    mentioned = _mentioned(request, room, caller)
    size = most(request, 50, _MOST_WITH_MENTIONS if mentioned else 1_000)
    parent_id = request.query.get("parentId")
    found = [
        message
        for message in request.app[MESSAGES].before(room, _before(request, room))
        if (not mentioned or mentioned in message.wording.mentioned_people)
        and (not parent_id or parent_id == message.parent_id)
    ]
    page, origin = found[:size], api_origin(request)
    headers = next_link(request, beforeMessage=page[-1].id) if len(found) > size else None
    return json_answer({"items": [message_json(m, origin) for m in page]}, headers=headers)


async def list_direct_messages(request: web.Request) -> web.Response:
    """List what two people have written to each other, newest first."""
    caller = authenticate(request, READ_MESSAGES).grant.person
    query = request.query
    other = wanted_person(request.app, query.get("personEmail") or query.get("personId") or "")
    room = request.app[ROOMS].find(direct_room_id(caller, other))
    if room is None:
        raise WebexError(404)
    parent_id, origin = query.get("parentId"), api_origin(request)
    found = [
        message_json(message, origin)
        for message in request.app[MESSAGES].before(room, math.inf)
        if not parent_id or parent_id == message.parent_id
    ]
    return json_answer({"items": found[:_MOST_DIRECT]})


async def create_message(request: web.Request) -> web.Response:
    """Post a message; the answer is 200.

    Raises:
        WebexError: 400 for a draft that cannot be sent or a reply that belongs elsewhere, 404
            for a room that the caller is not in, 403 where only moderators write.

    """
    caller = authenticate(request, WRITE_MESSAGES).grant.person
    draft = await read_draft(request)
    membership = _addressed(request, draft, caller)
    room = membership.room
    if room.is_announcement_only and not membership.is_moderator:
        raise WebexError(403, "Only moderators can write in this room.")
    _check_parent(request, room, draft.parent_id)
    message = request.app[CONVERSATION].say(
        room,
        caller,
        wording_of(request.app, draft.text, draft.markdown),
        parent_id=draft.parent_id,
        content=_kept(request, room, draft, caller),
        attachments=draft.attachments,
    )
    return _answer(request, message)


async def get_message(request: web.Request) -> web.Response:
    """Show a message of a room that the caller is in."""
    caller = authenticate(request, READ_MESSAGES).grant.person
    return _answer(request, message_for(request, request.match_info["message_id"], caller))


async def edit_message(request: web.Request) -> web.Response:
    """Change one's own message; Webex allows ten changes, and none of a message with a file or card."""
    caller = authenticate(request, WRITE_MESSAGES).grant.person
    message = message_for(request, request.match_info["message_id"], caller)
    body = await read_body(request, Words)
    if body.room_id != message.room.id:
        raise WebexError(400, "The message is not in this room.")
    body.check(needed=True)
    if message.author != caller:
        raise WebexError(403, "Only the author can edit a message.")
    if message.content or message.attachments:
        raise WebexError(400, "Editing messages with files or cards is not supported.")
    if message.edits >= MOST_EDITS:
        raise WebexError(400, f"A message can be edited {MOST_EDITS} times.")
    request.app[CONVERSATION].edit(message, wording_of(request.app, body.text, body.markdown))
    return _answer(request, message)


async def delete_message(request: web.Request) -> web.Response:
    """Delete one's own message, or as a moderator anybody's."""
    caller = authenticate(request, WRITE_MESSAGES).grant.person
    message = message_for(request, request.match_info["message_id"], caller)
    own = membership_in(request, message.room.id, caller)
    if message.author != caller and not own.is_moderator:
        raise WebexError(403, "Only the author or a moderator can delete a message.")
    request.app[CONVERSATION].delete(message, by=caller)
    return web.Response(status=204)


def wording_of(app: web.Application, text: str, markdown: str) -> Wording:
    """Give the wording; `text` beside `markdown` is what plain clients show instead."""
    if not markdown:
        return Wording(text=text)
    wording = render(markdown, lambda address: find_person(app, address))
    if text:
        wording.text = text
    return wording


def _answer(request: web.Request, message: Message) -> web.Response:
    return json_answer(message_json(message, api_origin(request)))


def _kept(request: web.Request, room: Room, draft: Draft, caller: Person) -> Content | None:
    contents, upload = request.app[CONTENTS], draft.upload
    if upload:
        return contents.add(room, upload.name, upload.content_type, upload.data)
    if not draft.file_address:
        return None
    place, _, content_id = draft.file_address.rpartition("/v1/contents/")
    settings = request.app[SETTINGS]
    known = contents.find(content_id) if place in {settings.url, settings.internal_url} else None
    if known is None:
        raise WebexError(400, "The sandbox fetches no files but those that it holds itself.")
    membership_in(request, known.room.id, caller)
    return contents.add(room, known.name, known.content_type, known.data)


def _mentioned(request: web.Request, room: Room, caller: Person) -> str:
    mentioned = request.query.get("mentionedPeople", "")
    if mentioned not in {"", "me", caller.id}:
        raise WebexError(403, "mentionedPeople must be me.")
    if caller.kind == "bot" and room.type == "group" and not mentioned:
        raise WebexError(403, "A bot must ask with mentionedPeople=me in group rooms.")
    return caller.id if mentioned else ""


def _before(request: web.Request, room: Room) -> float:
    message_id, before = request.query.get("beforeMessage"), request.query.get("before")
    if message_id:
        message = request.app[MESSAGES].find(message_id)
        if message is None or message.room != room:
            raise WebexError(404)
        return message.created
    if not before:
        return math.inf
    try:
        moment = datetime.fromisoformat(before)
    except ValueError:
        raise WebexError(400, "before must be a date and time.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _addressed(request: web.Request, draft: Draft, caller: Person) -> Membership:
    if draft.room_id:
        return membership_in(request, draft.room_id, caller)
    other = find_person(request.app, draft.to_person)
    if other is None or other == caller:
        raise WebexError(404)
    room = request.app[CONVERSATION].direct_room(caller, other)
    return membership_in(request, room.id, caller)


def _check_parent(request: web.Request, room: Room, parent_id: str) -> None:
    if not parent_id:
        return
    parent = request.app[MESSAGES].find(parent_id)
    if parent is None or parent.room != room:
        raise WebexError(404)
    if parent.parent_id:
        raise WebexError(400, "A reply cannot be replied to.")

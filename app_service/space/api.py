"""HTTP in, HTTP out for the widget's script: /api/space/… and /api/spaces/ID/…, as JSON."""

import json
from typing import Any

from aiohttp import web

from app_service.news import NEWS
from app_service.openapi import operation
from app_service.space import failures as space_failures
from app_service.space.file_form import read_file_form
from app_service.space.guard import is_id, is_writer, ours_only, space_of
from app_service.space.message import Message
from app_service.space.shapes import (
    FAILS,
    FILE_FAILS,
    ChangedMessage,
    Excerpt,
    Inputs,
    MessageShape,
    NewFile,
    NewMessage,
    Roster,
    Typed,
)
from app_service.space.spaces import OpenSpace
from app_service.space.typed import typed
from app_service.space.uploads import UPLOADS
from app_service.visitor.signed_in import signed_in
from common.sessions.visitor import Visitor

# Only a script can set it, and only on a page of ours.
OURS = ("X-Requested-With",)
FORM = "multipart/form-data"
MOST_CALLED = 8


@operation(gives=Excerpt, query=("before",), fails=FAILS)
async def get_messages(request: web.Request) -> web.Response:
    """GET /api/space/messages?before=ID: messages, the oldest first."""
    visitor = await signed_in(request)
    here, before = space_of(request, visitor), request.query.get("before")
    if before is not None and not is_id(before):
        raise space_failures.not_valid()
    excerpt = await here.space.excerpt(visitor, before=before)
    await here.space.learn_for(visitor, excerpt.messages)
    oldest = excerpt.messages[0].id if excerpt.messages else None
    return web.json_response(
        {
            "items": [here.view.as_json(message) for message in excerpt.messages],
            "older": oldest if excerpt.more else None,
        }
    )


@operation(gives=MessageShape, takes=NewMessage, headers=OURS, fails=FAILS)
async def post_message(request: web.Request) -> web.Response:
    """POST /api/space/messages {"markdown", "parentId"?, "writer"?}: write, and get the message back.

    `writer` is the id of who opened the page. Only what is new, and what is filled in on a card, can go out
    under a wrong name: another's message can be neither changed nor deleted.
    """
    visitor = await ours_only(request)
    body = await _object(request)
    if not is_writer(visitor, body.get("writer")):
        raise space_failures.somebody_else()
    here = space_of(request, visitor)
    parent_id = body.get("parentId")
    if parent_id is not None and not is_id(parent_id):
        raise space_failures.not_valid()
    message = await here.space.write(visitor, _markdown(body), parent_id)
    return await _written(request, here, visitor, message)


@operation(gives=MessageShape, takes=NewFile, takes_kind=FORM, headers=OURS, fails=FILE_FAILS)
async def post_file(request: web.Request) -> web.Response:
    """POST /api/space/files: write a message with a file, and get the message back.

    A form (multipart/form-data), the file last. It goes on to Webex as it comes.
    """
    visitor = await ours_only(request)
    here = space_of(request, visitor)
    uploads = request.app[UPLOADS]
    with uploads.limit.one_more(visitor.session.person_id):
        form = await read_file_form(request)
        if not is_writer(visitor, form.writer):
            raise space_failures.somebody_else()
        message = await uploads.send(visitor, here.space.room_id, form)
    return await _written(request, here, visitor, message)


@operation(gives=MessageShape, takes=ChangedMessage, headers=OURS, fails=FAILS)
async def put_message(request: web.Request) -> web.Response:
    """PUT /api/space/messages/ID {"markdown"}: write one's own message anew."""
    visitor = await ours_only(request)
    here = space_of(request, visitor)
    markdown = _markdown(await _object(request))
    message = await here.space.edit(visitor, request.match_info["message"], markdown)
    return await _written(request, here, visitor, message)


@operation(headers=OURS, fails=FAILS)
async def delete_message(request: web.Request) -> web.Response:
    """DELETE /api/space/messages/ID: delete one's own message; 204."""
    visitor = await ours_only(request)
    space = space_of(request, visitor).space
    await space.delete(visitor, request.match_info["message"])
    await request.app[NEWS].spread(space.room_id)
    return web.Response(status=204)


@operation(gives=Typed, fails=FAILS)
async def get_markdown(request: web.Request) -> web.Response:
    """GET /api/space/messages/ID: what was typed, to be changed."""
    visitor = await signed_in(request)
    space = space_of(request, visitor).space
    message = await space.message(visitor, request.match_info["message"])
    return web.json_response({"id": message.id, "markdown": typed(message)})


@operation(gives=Roster, query=("name",), fails=FAILS)
async def get_people(request: web.Request) -> web.Response:
    """GET /api/space/people?name=START: the first people of the space who are called so, to be mentioned."""
    visitor = await signed_in(request)
    space = space_of(request, visitor).space
    found = await space.called(visitor, request.query.get("name", ""), at_most=MOST_CALLED)
    return web.json_response({"items": [{"id": one, "name": name} for one, name in found]})


@operation(takes=Inputs, headers=OURS, fails=FAILS)
async def post_action(request: web.Request) -> web.Response:
    """POST /api/space/messages/ID/actions {"inputs", "writer"?}: press Submit on a message's card; 204.

    `writer` as for a new message: what was filled in goes out in somebody's name, too.
    """
    visitor = await ours_only(request)
    body = await _object(request)
    if not is_writer(visitor, body.get("writer")):
        raise space_failures.somebody_else()
    inputs = body.get("inputs")
    if not isinstance(inputs, dict):
        raise space_failures.not_valid()
    space = space_of(request, visitor).space
    await space.submit(visitor, request.match_info["message"], inputs)
    await request.app[NEWS].spread(space.room_id)
    return web.Response(status=204)


async def _written(
    request: web.Request, here: OpenSpace, visitor: Visitor, message: Message
) -> web.Response:
    await request.app[NEWS].spread(here.space.room_id)
    await here.space.learn_for(visitor, [message])
    return web.json_response(here.view.as_json(message))


async def _object(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise space_failures.not_valid()
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise space_failures.not_valid() from None
    if not isinstance(body, dict):
        raise space_failures.not_valid()
    return body


def _markdown(body: dict[str, Any]) -> str:
    markdown = body.get("markdown")
    if not isinstance(markdown, str):
        raise space_failures.not_valid()
    return markdown

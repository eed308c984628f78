"""/v1/attachment/actions: what is submitted with a card."""

from typing import Any, Literal

import msgspec
from aiohttp import web

from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import read_body
from webex_sandbox.errors import WebexError
from webex_sandbox.scopes import READ_MESSAGES, WRITE_MESSAGES
from webex_sandbox.sign_in.bearer import authenticate
from webex_sandbox.space.access import message_for
from webex_sandbox.space.actions import ACTIONS, action_json
from webex_sandbox.space.conversation import CONVERSATION


class NewAction(msgspec.Struct, kw_only=True, rename="camel"):
    type: Literal["submit"]
    message_id: str
    inputs: dict[str, Any]


async def create_action(request: web.Request) -> web.Response:
    """Submit what was entered in a card; the answer is 200, as SDKs expect it.

    Raises:
        WebexError: 404 for a message that the caller may not read, 400 for one without a card.

    """
    caller = authenticate(request, WRITE_MESSAGES).grant.person
    body = await read_body(request, NewAction)
    message = message_for(request, body.message_id, caller)
    if not message.attachments:
        raise WebexError(400, "The message has no card.")
    action = request.app[CONVERSATION].submit(message, caller, body.inputs)
    return json_answer(action_json(action))


async def get_action(request: web.Request) -> web.Response:
    """Show what was submitted, to people who may read the card."""
    caller = authenticate(request, READ_MESSAGES).grant.person
    action = request.app[ACTIONS].find(request.match_info["action_id"])
    if action is None:
        raise WebexError(404)
    message_for(request, action.message.id, caller)
    return json_answer(action_json(action))

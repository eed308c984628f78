"""What people have submitted with cards."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from webex_sandbox.clock import timestamp
from webex_sandbox.ids import webex_id
from webex_sandbox.people import Person
from webex_sandbox.space.messages import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    uuid: str
    person: Person
    message: Message
    inputs: dict[str, Any]
    created: float

    @property
    def id(self) -> str:
        return webex_id("ATTACHMENT_ACTION", self.uuid)


class Actions:
    def __init__(self) -> None:
        self._by_id: dict[str, Action] = {}

    def reset(self) -> None:
        self._by_id.clear()

    def add(self, action: Action) -> Action:
        self._by_id[action.id] = action
        return action

    def find(self, action_id: str) -> Action | None:
        return self._by_id.get(action_id)


ACTIONS = web.AppKey("ACTIONS", Actions)


def action_json(action: Action) -> dict[str, Any]:
    return {
        "id": action.id,
        "type": "submit",
        "messageId": action.message.id,
        "inputs": action.inputs,
        "personId": action.person.id,
        "roomId": action.message.room.id,
        "created": timestamp(action.created),
    }

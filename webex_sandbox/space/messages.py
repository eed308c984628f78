"""Messages, room by room."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from webex_sandbox.clock import timestamp
from webex_sandbox.ids import webex_id
from webex_sandbox.people import Person
from webex_sandbox.space.cards import Attachment
from webex_sandbox.space.contents import Content
from webex_sandbox.space.rooms import Room

LONGEST_BYTES = 7_439
"""How long text and markdown may be, in bytes of UTF-8."""
MOST_EDITS = 10
_KEPT_PER_ROOM = 5_000
# Webex tells milliseconds, so two messages of a room are at least one apart.
_SMALLEST_STEP = 0.001


@dataclass(slots=True, kw_only=True)
class Wording:
    """What a message says: plain, as it was written, and as it is shown."""

    text: str
    markdown: str = ""
    html: str = ""
    mentioned_people: tuple[str, ...] = ()
    mentioned_groups: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Message:
    uuid: str
    room: Room
    author: Person
    wording: Wording
    created: float
    parent_id: str = ""
    content: Content | None = None
    attachments: tuple[Attachment, ...] = ()
    updated: float | None = None
    edits: int = 0

    @property
    def id(self) -> str:
        return webex_id("MESSAGE", self.uuid)


class Messages:
    def __init__(self) -> None:
        self._by_id: dict[str, Message] = {}
        self._of_room: dict[str, list[Message]] = {}

    def reset(self) -> None:
        self._by_id.clear()
        self._of_room.clear()

    def add(self, message: Message) -> Message:
        """Add the newest message of its room; the oldest goes when there are too many."""
        in_room = self._of_room.setdefault(message.room.id, [])
        if in_room:
            message.created = max(message.created, in_room[-1].created + _SMALLEST_STEP)
        in_room.append(message)
        self._by_id[message.id] = message
        if len(in_room) > _KEPT_PER_ROOM:
            del self._by_id[in_room.pop(0).id]
        return message

    def remove(self, message: Message) -> None:
        del self._by_id[message.id]
        self._of_room[message.room.id].remove(message)

    def move(self, former_id: str, room: Room) -> None:
        """Follow a room that has another id now."""
        self._of_room[room.id] = self._of_room.pop(former_id, [])

    def find(self, message_id: str) -> Message | None:
        return self._by_id.get(message_id)

    def before(self, room: Room, moment: float) -> list[Message]:
        """Give the messages older than a moment, newest first."""
        in_room = self._of_room.get(room.id, [])
        end = bisect_left(in_room, moment, key=lambda message: message.created)
        return in_room[:end][::-1]


MESSAGES = web.AppKey("MESSAGES", Messages)


def message_json(message: Message, api_origin: str) -> dict[str, Any]:
    wording, content = message.wording, message.content
    optional = {
        "parentId": message.parent_id,
        "markdown": wording.markdown,
        "html": wording.html,
        "files": [f"{api_origin}/v1/contents/{content.id}"] if content else [],
        "attachments": list(message.attachments),
        "mentionedPeople": list(wording.mentioned_people),
        "mentionedGroups": list(wording.mentioned_groups),
        "updated": timestamp(message.updated) if message.updated else "",
    }
    return {
        "id": message.id,
        "roomId": message.room.id,
        "roomType": message.room.type,
        "text": wording.text,
        "personId": message.author.id,
        "personEmail": message.author.email,
        "created": timestamp(message.created),
        **{name: value for name, value in optional.items() if value},
    }

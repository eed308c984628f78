"""A message of a space, made from Webex's answer with nothing taken on trust."""

import json
from dataclasses import dataclass, field
from typing import Any

from app_service.moment import moment

MAX_ID = 512
CARD = "application/vnd.microsoft.card.adaptive"
MAX_FILES = 20
MAX_URL = 2000


@dataclass(frozen=True, slots=True)
class Message:
    """Times are instants in UTC that sort as text; `files` are addresses at Webex; `card` is JSON."""

    id: str
    room_id: str
    parent_id: str | None
    person_id: str
    created: str
    updated: str | None
    text: str = field(repr=False)
    markdown: str = field(repr=False)
    html: str | None = field(repr=False)
    files: tuple[str, ...] = field(repr=False)
    card: str | None = field(default=None, repr=False)

    @property
    def changed(self) -> str:
        """When it was last written."""
        return max(self.created, self.updated or "")

    @classmethod
    def from_webex(cls, body: dict[str, Any]) -> "Message | None":
        """Read an object of GET /messages; None if it lacks what every message has."""
        message_id, person_id = _id(body.get("id")), _id(body.get("personId"))
        room_id, created = _id(body.get("roomId")), moment(body.get("created"))
        if message_id is None or person_id is None or room_id is None or created is None:
            return None
        html = body.get("html")
        return cls(
            id=message_id,
            room_id=room_id,
            parent_id=_id(body.get("parentId")),
            person_id=person_id,
            created=created,
            updated=moment(body.get("updated")),
            text=_text(body.get("text")),
            markdown=_text(body.get("markdown")),
            html=html if isinstance(html, str) and html.strip() else None,
            files=_files(body.get("files")),
            card=card_source(body.get("attachments")),
        )


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= MAX_ID else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _files(value: object) -> tuple[str, ...]:
    urls = value if isinstance(value, list) else []
    return tuple(url for url in urls if isinstance(url, str) and len(url) <= MAX_URL)[:MAX_FILES]


def card_source(attachments: object) -> str | None:
    """The JSON text of a message's card (one a message, Webex guide "Buttons and Cards"); None without."""
    for each in attachments if isinstance(attachments, list) else ():
        if isinstance(each, dict) and each.get("contentType") == CARD:
            try:
                return json.dumps(each.get("content"), ensure_ascii=False)
            except (RecursionError, ValueError):
                return ""
    return None

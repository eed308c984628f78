"""A space as pages show it, made from Webex's answer with nothing taken on trust."""

from dataclasses import dataclass
from typing import Any

from app_service.moment import moment

MAX_TITLE = 200
# How Webex says that it shows somebody no space with this id (400: that it is none).
OUTSIDE = (400, 403, 404)
KINDS = {"direct": "Direct", "group": "Group"}


@dataclass(frozen=True)
class Room:
    """`last_activity` is an instant in UTC, as in `2026-01-31T10:00:00.000Z`, or None."""

    id: str
    title: str
    kind: str
    last_activity: str | None
    read_only: bool

    @classmethod
    def from_webex(cls, body: dict[str, Any]) -> "Room | None":
        """Read an object of GET /rooms; None if it has no id."""
        room_id, title = body.get("id"), body.get("title")
        if not isinstance(room_id, str):
            return None
        return cls(
            id=room_id,
            title=(title.strip()[:MAX_TITLE] if isinstance(title, str) else "")
            or "Without a title",
            kind=KINDS.get(str(body.get("type")), "Space"),
            last_activity=moment(body.get("lastActivity")),
            read_only=body.get("isReadOnly") is True,
        )

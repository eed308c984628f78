"""Files that hang on messages."""

from dataclasses import dataclass
from pathlib import PurePath

from aiohttp import web

from webex_sandbox.ids import new_uuid, webex_id
from webex_sandbox.space.rooms import Room

_LONGEST_NAME = 200
# Of all files together; the oldest go.
_MOST_BYTES = 300 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    uuid: str
    room: Room
    name: str
    content_type: str
    data: bytes

    @property
    def id(self) -> str:
        return webex_id("CONTENT", self.uuid)


class Contents:
    def __init__(self) -> None:
        self._by_id: dict[str, Content] = {}

    def reset(self) -> None:
        self._by_id.clear()

    def add(self, room: Room, name: str, content_type: str, data: bytes) -> Content:
        content = Content(
            uuid=new_uuid(),
            room=room,
            name=_plain_name(name),
            content_type=content_type or "application/octet-stream",
            data=data,
        )
        self._by_id[content.id] = content
        held = sum(len(each.data) for each in self._by_id.values())
        while held > _MOST_BYTES:
            held -= len(self._by_id.pop(next(iter(self._by_id))).data)
        return content

    def remove(self, content: Content) -> None:
        self._by_id.pop(content.id, None)

    def find(self, content_id: str) -> Content | None:
        return self._by_id.get(content_id)


CONTENTS = web.AppKey("CONTENTS", Contents)


def _plain_name(name: str) -> str:
    last = PurePath(name.replace("\\", "/")).name
    return "".join(letter for letter in last if letter.isprintable())[:_LONGEST_NAME] or "file"

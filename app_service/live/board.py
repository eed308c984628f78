"""The broadcast: what viewers are sent, each message turned into bytes once for all of them."""

from collections.abc import Sequence

from app_service.live import events
from app_service.live.timeline import Timeline
from app_service.space.message import Message
from app_service.space.message_view import MessageView
from app_service.space.space import Excerpt


class Board:
    def __init__(self, view: MessageView) -> None:
        self._view = view
        self._timeline = Timeline()
        self._chunks: dict[str, bytes] = {}
        self._window = b""
        self.people = b""

    def unknown(self, excerpt: Excerpt) -> Sequence[Message]:
        """The messages whose authors and files need names before they can be shown."""
        return self._timeline.unknown(excerpt)

    def update(self, excerpt: Excerpt) -> list[bytes]:
        """Take over the newest messages; return the events that tell of what changed."""
        changes = self._timeline.update(excerpt)
        kept = {one: self._chunks[one] for one in self._timeline.messages if one in self._chunks}
        self._window = events.window(self._timeline.messages, self._timeline.oldest)
        self._chunks = kept | {one.id: self._chunk(one) for one in changes.written}
        written = [self._chunks[one.id] for one in changes.written]
        gone = [events.gone(message_id) for message_id in changes.gone]
        return [*([self._window] if changes.gap else []), *gone, *written]

    def catch_up(self, since: str | None) -> list[bytes]:
        """The events for somebody who has seen everything up to an instant."""
        missed = [self._chunks[one.id] for one in self._timeline.since(since)]
        return [self._window, *missed]

    def update_people(self) -> None:
        """Take over who is in the space."""
        self.people = events.people(self._view.people())

    def _chunk(self, message: Message) -> bytes:
        return events.message(self._view.as_json(message), event_id=message.changed)

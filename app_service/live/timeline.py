"""The newest messages of a space as last seen, and what differs from that; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app_service.space.message import Message
from app_service.space.space import Excerpt


@dataclass(frozen=True)
class Changes:
    """`written` in the order in which it was written; `gap`: older messages may have been missed."""

    written: Sequence[Message] = ()
    gone: Sequence[str] = ()
    gap: bool = False


@dataclass
class Timeline:
    """`oldest` is the instant after which it is whole; None if it holds every message there is."""

    messages: dict[str, Message] = field(default_factory=dict)
    oldest: str | None = None

    def update(self, excerpt: Excerpt) -> Changes:
        """Take over the newest messages; return what is new, edited or deleted since the last time."""
        now = {message.id: message for message in excerpt.messages}
        oldest = excerpt.messages[0].created if excerpt.more and excerpt.messages else None
        written = self.unknown(excerpt)
        gone = [
            one.id
            for one in self.messages.values()
            if one.id not in now and (oldest is None or one.created > oldest)
        ]
        gap = bool(self.messages) and oldest is not None and not now.keys() & self.messages.keys()
        self.messages, self.oldest = now, oldest
        return Changes(sorted(written, key=lambda one: one.changed), gone, gap)

    def unknown(self, excerpt: Excerpt) -> list[Message]:
        """What is new or was edited."""
        return [one for one in excerpt.messages if self.messages.get(one.id) != one]

    def since(self, instant: str | None) -> list[Message]:
        """What was written at or after an instant, in that order."""
        written = [one for one in self.messages.values() if not instant or one.changed >= instant]
        return sorted(written, key=lambda one: one.changed)

"""A message as HTML: the same template for the page, for older messages and for live ones.

What a browser's script puts into the page is made here, from escaped values and cleaned HTML. It is
the same for every viewer, so that a live message is made once.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import jinja2

from app_service.moment import for_people
from app_service.space.card import Card, read_card
from app_service.space.deep_link import webex_link
from app_service.space.files import Files
from app_service.space.members import Member, Members
from app_service.space.message import Message
from app_service.space.message_html import message_html
from app_service.space.pictures import PictureLinks
from app_service.space.place import Place

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp")


@dataclass
class Thread:
    """A message with the replies that are at hand."""

    message: Message
    replies: list[Message] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShownFile:
    name: str

    @property
    def is_picture(self) -> bool:
        """By its name; whether it is one, its first bytes tell when it is shown."""
        return self.name.lower().endswith(PICTURE_ENDINGS)


class MessageView:
    def __init__(
        self,
        templates: jinja2.Environment,
        *,
        place: Place,
        members: Members,
        files: Files,
        pictures: PictureLinks,
    ) -> None:
        self.place = place
        self._template = templates.get_template("message.html")
        self._people = templates.get_template("people.html")
        self._members = members
        self._files = files
        # A page shows the same cards again and again.
        self._read_card = lru_cache(maxsize=64)(partial(read_card, picture=pictures.link))

    def at(self, place: Place) -> "MessageView":
        """The same for another place of this space."""
        view = copy(self)
        view.place = place
        return view

    def html(self, message: Message, replies: Iterable[Message] = ()) -> str:
        """The message as a list item, its replies inside."""
        return self._template.render(
            message=message,
            place=self.place,
            author=self.author(message),
            # With a card the text is for whoever cannot see cards (Webex guide "Buttons and Cards").
            body=message_html(message.html, message.text) if message.card is None else None,
            card=self._card(message),
            webex=webex_link(message.room_id, message.id),
            files=[ShownFile(self._files.name(url)) for url in message.files],
            when=for_people(message.created),
            replies=[self.html(reply) for reply in replies],
        )

    def _card(self, message: Message) -> Card | None:
        return None if message.card is None else self._read_card(message.card, message.text)

    def author(self, message: Message) -> Member:
        return self._members.member(message.person_id)

    def people(self) -> dict[str, Any]:
        """The list of people, as far as it is shown, and how many there are."""
        count = len(self._members)
        html = self._people.render(people=self._members.listed(), count=count)
        return {"count": count, "html": html}

    def page(self, messages: Iterable[Message]) -> list[str]:
        """A page of messages, threads put together."""
        return [self.html(thread.message, thread.replies) for thread in threads(messages)]

    def as_json(self, message: Message) -> dict[str, Any]:
        """What a browser's script needs to put the message in its place."""
        return {
            "id": message.id,
            "parentId": message.parent_id,
            "created": message.created,
            "changed": message.changed,
            "html": self.html(message),
        }


def threads(messages: Iterable[Message]) -> list[Thread]:
    """Put replies under what they reply to, where that is at hand."""
    by_id: dict[str, Thread] = {}
    for message in messages:
        parent = by_id.get(message.parent_id or "")
        if parent is not None:
            parent.replies.append(message)
        else:
            by_id[message.id] = Thread(message)
    return list(by_id.values())

"""What people do in rooms; every change passes here, so that webhooks and the bot hear of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from webex_sandbox.clock import Clock
from webex_sandbox.ids import new_uuid, stable_uuid
from webex_sandbox.people import Person
from webex_sandbox.space.contents import Content, Contents
from webex_sandbox.space.memberships import Membership, Memberships, membership_json
from webex_sandbox.space.messages import Message, Messages, Wording, message_json
from webex_sandbox.space.rooms import Room, Rooms

EventName = Literal["created", "updated", "deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, in the words of Webex's webhooks."""

    resource: Literal["messages", "memberships"]
    name: EventName
    room: Room
    actor: Person
    data: dict[str, Any]
    message: Message | None = None


Listener = Callable[[Event], None]


@dataclass(kw_only=True)
class Conversation:
    clock: Clock
    rooms: Rooms
    memberships: Memberships
    messages: Messages
    contents: Contents
    listeners: list[Listener] = field(default_factory=list)

    def join(
        self, room: Room, person: Person, by: Person, *, is_moderator: bool = False
    ) -> Membership:
        membership = self.memberships.add(
            Membership(
                room=room, person=person, is_moderator=is_moderator, created=self.clock.now()
            )
        )
        self._tell_of_membership("created", membership, by)
        return membership

    def leave(self, membership: Membership, by: Person) -> None:
        self.memberships.remove(membership)
        self._tell_of_membership("deleted", membership, by)

    def say(
        self,
        room: Room,
        author: Person,
        wording: Wording,
        *,
        parent_id: str = "",
        content: Content | None = None,
    ) -> Message:
        message = self.messages.add(
            Message(
                uuid=new_uuid(),
                room=room,
                author=author,
                wording=wording,
                created=self.clock.now(),
                parent_id=parent_id,
                content=content,
            )
        )
        room.last_activity = message.created
        self._tell_of_message("created", message, author)
        return message

    def edit(self, message: Message, wording: Wording) -> None:
        message.wording = wording
        message.updated = self.clock.now()
        message.edits += 1
        self._tell_of_message("updated", message, message.author)

    def delete(self, message: Message, by: Person) -> None:
        self.messages.remove(message)
        if message.content:
            self.contents.remove(message.content)
        self._tell_of_message("deleted", message, by)

    def direct_room(self, one: Person, other: Person) -> Room:
        """Find or open the room of two people."""
        uuid = stable_uuid("direct " + " ".join(sorted((one.email, other.email))))
        now = self.clock.now()
        room = Room(
            uuid=uuid,
            title=other.display_name,
            type="direct",
            creator_id=one.id,
            created=now,
            last_activity=now,
        )
        known = self.rooms.find(room.id)
        if known:
            return known
        self.rooms.add(room)
        for person in (one, other):
            self.join(room, person, by=one)
        return room

    def close(self, room: Room) -> None:
        """Let a room disappear, with everything that is in it."""
        for membership in self.memberships.of_room(room):
            self.memberships.remove(membership)
        self.rooms.remove(room.id)

    def _tell_of_membership(self, name: EventName, membership: Membership, by: Person) -> None:
        data = membership_json(membership)
        self._tell(
            Event(resource="memberships", name=name, room=membership.room, actor=by, data=data)
        )

    def _tell_of_message(self, name: EventName, message: Message, by: Person) -> None:
        described = message_json(message, "")
        # A webhook says that there is a message, never what stands in it.
        data = {
            field: value
            for field, value in described.items()
            if field not in {"text", "markdown", "html", "files"}
        }
        self._tell(
            Event(
                resource="messages",
                name=name,
                room=message.room,
                actor=by,
                data=data,
                message=message,
            )
        )

    def _tell(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)


CONVERSATION = web.AppKey("CONVERSATION", Conversation)

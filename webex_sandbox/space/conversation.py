"""What people do in rooms; every change passes here, so that webhooks and the bot hear of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from webex_sandbox.clock import Clock
from webex_sandbox.ids import new_uuid, stable_uuid, webex_id
from webex_sandbox.people import Person
from webex_sandbox.space.actions import Action, Actions, action_json
from webex_sandbox.space.cards import Attachment
from webex_sandbox.space.contents import Content, Contents
from webex_sandbox.space.memberships import Membership, Memberships, membership_json
from webex_sandbox.space.messages import Message, Messages, Wording, message_json
from webex_sandbox.space.rooms import Room, Rooms, room_json
from webex_sandbox.space.teams import Team, TeamMember, Teams

Resource = Literal["messages", "memberships", "rooms", "attachmentActions"]
EventName = Literal["created", "updated", "deleted", "migrated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, in the words of Webex's webhooks."""

    resource: Resource
    name: EventName
    room: Room
    actor: Person
    data: dict[str, Any]
    message: Message | None = None
    action: Action | None = None


Listener = Callable[[Event], None]


@dataclass(kw_only=True)
class Conversation:
    clock: Clock
    rooms: Rooms
    memberships: Memberships
    messages: Messages
    contents: Contents
    teams: Teams
    actions: Actions
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

    def change(self, membership: Membership, by: Person) -> None:
        """Tell that a membership was changed."""
        self._tell_of_membership("updated", membership, by)

    def say(  # noqa: PLR0913 - what a message may hold
        self,
        room: Room,
        author: Person,
        wording: Wording,
        *,
        parent_id: str = "",
        content: Content | None = None,
        attachments: tuple[Attachment, ...] = (),
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
                attachments=attachments,
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
        uuid = _direct_uuid(one, other)
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
        self.tell_of_room("created", room, one)
        return room

    def open_room(self, room: Room, by: Person) -> Room:
        """Add a room of many; who opens it is its moderator if it has any."""
        self.rooms.add(room)
        self.join(room, by, by=by, is_moderator=room.is_locked)
        # Only now is there somebody who may hear of it.
        self.tell_of_room("created", room, by)
        return room

    def new_room(self, title: str, by: Person, uuid: str = "") -> Room:
        now = self.clock.now()
        return Room(
            uuid=uuid or new_uuid(),
            title=title,
            type="group",
            creator_id=by.id,
            created=now,
            last_activity=now,
        )

    def open_team(self, name: str, description: str, by: Person) -> Team:
        """Make a team, with the general room that bears its uuid."""
        now = self.clock.now()
        team = self.teams.add(
            Team(uuid=new_uuid(), name=name, description=description, created=now)
        )
        team.add(by, now, is_moderator=True)
        room = self.new_room(name, by, team.uuid)
        room.team_id = team.id
        self.open_room(room, by)
        return team

    def join_team(
        self, team: Team, person: Person, by: Person, *, is_moderator: bool
    ) -> TeamMember:
        """Add a person to a team, and to its general room."""
        general = next((room for room in self.rooms.all() if room.uuid == team.uuid), None)
        if general and self.memberships.find(general, person) is None:
            self.join(general, person, by=by)
        return team.add(person, self.clock.now(), is_moderator=is_moderator)

    def close_team(self, team: Team) -> None:
        self.teams.remove(team)
        for room in self.rooms.all():
            if room.team_id == team.id:
                self.close(room)

    def submit(self, message: Message, person: Person, inputs: dict[str, Any]) -> Action:
        """Take what a person has entered in a card."""
        action = self.actions.add(
            Action(
                uuid=new_uuid(),
                person=person,
                message=message,
                inputs=inputs,
                created=self.clock.now(),
            )
        )
        # As with a message, what was entered is not told.
        data = {name: value for name, value in action_json(action).items() if name != "inputs"}
        self._tell(
            Event(
                resource="attachmentActions",
                name="created",
                room=message.room,
                actor=person,
                data=data,
                message=message,
                action=action,
            )
        )
        return action

    def tell_of_room(self, name: EventName, room: Room, by: Person) -> None:
        """Tell of a room, without its title."""
        self._tell(Event(resource="rooms", name=name, room=room, actor=by, data=_described(room)))

    def migrate(self, room: Room, by: Person) -> None:
        """Give a room another id, with all that is in it, and tell of it under the former one."""
        former_id = room.id
        memberships = self.memberships.of_room(room)
        for membership in memberships:
            self.memberships.remove(membership)
        self.rooms.remove(former_id)
        room.uuid = new_uuid()
        self.rooms.add(room)
        for membership in memberships:
            self.memberships.add(membership)
        self.messages.move(former_id, room)
        data = {**_described(room), "id": former_id}
        self._tell(Event(resource="rooms", name="migrated", room=room, actor=by, data=data))

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
            if field not in {"text", "markdown", "html", "files", "attachments"}
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


def _described(room: Room) -> dict[str, Any]:
    """What is told of a room: all but its title."""
    told = ("id", "type", "isLocked", "creatorId", "created", "lastActivity")
    return {name: value for name, value in room_json(room).items() if name in told}


def direct_room_id(one: Person, other: Person) -> str:
    """Give the id that the room of two people has or would have."""
    return webex_id("ROOM", _direct_uuid(one, other))


def _direct_uuid(one: Person, other: Person) -> str:
    return stable_uuid("direct " + " ".join(sorted((one.email, other.email))))


CONVERSATION = web.AppKey("CONVERSATION", Conversation)

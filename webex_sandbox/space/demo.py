"""What is there from the start: a demo space with a history, and more spaces to list."""

from aiohttp import web

from webex_sandbox.ids import stable_uuid, webex_id
from webex_sandbox.people import DEMO_PEOPLE, People, Person
from webex_sandbox.sign_in.tokens import Tokens
from webex_sandbox.space.bot import BOT, BOT_SCOPES, CARD, DEMO_BOT_TOKEN
from webex_sandbox.space.contents import Content
from webex_sandbox.space.conversation import Conversation
from webex_sandbox.space.demo_history import LINES, Line
from webex_sandbox.space.markdown import render
from webex_sandbox.space.memberships import Membership
from webex_sandbox.space.messages import Message
from webex_sandbox.space.rooms import Room

_SPACE_UUID = stable_uuid("demo space")
DEMO_SPACE_ID = webex_id("ROOM", _SPACE_UUID)
"""The demo space, the same at every start; its bot adds whoever opens the widget."""
DEMO_SPACE_TITLE = "Upcoming events"

# Ada is not in the demo space: she is the one who is added to it.
_IN_DEMO_SPACE = ("grace@example.com", "alan@example.com", "zoe@example.com")
_MODERATOR = "grace@example.com"

_HOUR, _DAY = 3_600.0, 86_400.0
_TITLES = (
    "Welcome to the sandbox",
    "Announcements",
    "Coffee and tea",
    "Analytical Engine",
    "Compilers",
    "Codebreaking",
    "Trajectories",
    "Release train",
    "Incident 4711",
    "Design reviews",
    "Accessibility guild",
    "Documentation",
    "Books we read",
    "Running on Tuesdays",
    "Zürich offsite 🎿",
    "新しいプロジェクト",
    "مشروع جديد",
    "Quarterly planning",
    "Interview loop",
    "Office plants",
    "Lost and found",
    "Music for deep work",
    "Travel",
    "Security champions",
    "<script>alert('title')</script>",
    "A title as long as titles get: " + "and on it goes, " * 10,
)
_FOR_EVERYBODY = 3
_ANNOUNCEMENTS = "Announcements"


class Demo:
    """Furnishes the sandbox, again after every reset."""

    def __init__(self, conversation: Conversation, people: People, tokens: Tokens) -> None:
        self._conversation = conversation
        self._people = people
        self._tokens = tokens
        self._welcomed: set[str] = set()
        self._group_rooms: list[Room] = []
        self.furnish()

    def reset(self) -> None:
        self._welcomed.clear()
        self._group_rooms.clear()
        self.furnish()

    def furnish(self) -> None:
        self._people.add(BOT)
        self._tokens.add_lasting(DEMO_BOT_TOKEN, BOT, BOT_SCOPES)
        self._add_demo_space()
        self._add_group_rooms()
        self._add_direct_rooms()

    def welcome(self, person: Person) -> None:
        """Let a person who has come for the first time be in a few spaces."""
        if person.id in self._welcomed or person.kind == "bot":
            return
        self._welcomed.add(person.id)
        for room in self._group_rooms[:_FOR_EVERYBODY]:
            if self._conversation.memberships.find(room, person) is None:
                self._add_member(room, person)

    def _add_demo_space(self) -> None:
        room = self._add_room(_SPACE_UUID, DEMO_SPACE_TITLE, age=90 * _DAY)
        self._add_member(room, BOT, is_moderator=True)
        for email in _IN_DEMO_SPACE:
            self._add_member(room, self._person(email), is_moderator=email == _MODERATOR)
        said: list[Message] = []
        for line in LINES:
            said.append(self._add_line(room, line, said))
        room.last_activity = said[-1].created

    def _add_line(self, room: Room, line: Line, said: list[Message]) -> Message:
        author = self._person(line.author)
        content = None
        if line.file_name:
            content = self._add_content(room, line)
        return self._conversation.messages.add(
            Message(
                uuid=stable_uuid(f"demo line {len(said)}"),
                room=room,
                author=author,
                wording=render(line.markdown, self._people.by_email),
                created=self._conversation.clock.now() - line.minutes_ago * 60,
                parent_id=said[line.reply_to].id if line.reply_to is not None else "",
                content=content,
                attachments=(CARD,) if line.has_card else (),
            )
        )

    def _add_content(self, room: Room, line: Line) -> Content:
        return self._conversation.contents.add(
            room, line.file_name, "text/plain", line.file_text.encode()
        )

    def _add_group_rooms(self) -> None:
        for number, title in enumerate(_TITLES):
            room = self._add_room(stable_uuid(f"demo room {number}"), title, age=number * 7 * _HOUR)
            room.is_locked = room.is_announcement_only = title == _ANNOUNCEMENTS
            self._group_rooms.append(room)
            for person in DEMO_PEOPLE:
                self._add_member(room, person, is_moderator=person.email == _MODERATOR)

    def _add_direct_rooms(self) -> None:
        ada, *others = DEMO_PEOPLE
        for number, other in enumerate(others):
            room = self._conversation.direct_room(ada, other)
            room.last_activity -= (number * 11 + 1) * _HOUR
            room.created -= 60 * _DAY

    def _add_room(self, uuid: str, title: str, age: float) -> Room:
        now = self._conversation.clock.now()
        return self._conversation.rooms.add(
            Room(
                uuid=uuid,
                title=title,
                type="group",
                creator_id=self._person(_MODERATOR).id,
                created=now - 100 * _DAY,
                last_activity=now - age,
            )
        )

    def _add_member(self, room: Room, person: Person, *, is_moderator: bool = False) -> None:
        self._conversation.memberships.add(
            Membership(room=room, person=person, is_moderator=is_moderator, created=room.created)
        )

    def _person(self, email: str) -> Person:
        person = self._people.by_email(email)
        if person is None:
            raise LookupError(email)
        return person


DEMO = web.AppKey("DEMO", Demo)

"""The bot of the demo space: it lists upcoming events when somebody writes /next."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from webex_sandbox.clock import Clock
from webex_sandbox.ids import ORG_UUID
from webex_sandbox.people import Person
from webex_sandbox.space.actions import Action
from webex_sandbox.space.cards import CONTENT_TYPE, Attachment
from webex_sandbox.space.conversation import Conversation, Event
from webex_sandbox.space.markdown import render
from webex_sandbox.space.messages import Wording

DEMO_BOT_TOKEN = f"insecureSandboxBotToken0_PF84_{ORG_UUID}"
"""The bot's access token, the same at every start; it opens nothing but the sandbox."""

BOT = Person(
    email="events@webex.bot",
    display_name="Events",
    first_name="Events",
    nick_name="Events",
    kind="bot",
)
BOT_SCOPES = (
    "spark:people_read",
    "spark:rooms_read",
    "spark:rooms_write",
    "spark:memberships_read",
    "spark:memberships_write",
    "spark:messages_read",
    "spark:messages_write",
    "spark:teams_read",
    "spark:teams_write",
)

GUESTS_INPUT = "guests"
CARD: Attachment = {
    "contentType": CONTENT_TYPE,
    "content": {
        "type": "AdaptiveCard",
        "version": "1.3",
        "body": [
            {"type": "TextBlock", "text": "Who comes to the next meeting?", "weight": "Bolder"},
            {
                "type": "Input.Number",
                "id": GUESTS_INPUT,
                "label": "How many guests do you bring?",
                "min": 0,
                "max": 9,
            },
        ],
        "actions": [{"type": "Action.Submit", "title": "I come"}],
    },
}
"""What the bot asks in the demo space, and answers when somebody submits it."""

_COMMAND = re.compile(r"(?:^|\s)/(next|help)\b")
_EVENTS = (
    (2, "Integrations hour: sign-in with PKCE", "online"),
    (9, "Bots for beginners", "Paris"),
    (23, "Hack night: webhooks", "San Francisco"),
)


@dataclass(frozen=True)
class EventsBot:
    conversation: Conversation
    clock: Clock

    def hear(self, event: Event) -> None:
        """Answer what is submitted with a card of its own, and new messages that concern it."""
        if event.action:
            self._hear_answer(event.action)
        else:
            self._hear_message(event)

    def _hear_answer(self, action: Action) -> None:
        if action.message.author != BOT:
            return
        guests = action.inputs.get(GUESTS_INPUT)
        brings = f", with {guests} guests" if isinstance(guests, str) and guests.isdigit() else ""
        # As text: a name may be markup, and what comes with a card is anybody's.
        text = f"Noted: {action.person.display_name} comes{brings}."
        room, parent_id = action.message.room, action.message.parent_id
        self.conversation.say(
            room, BOT, Wording(text=text), parent_id=parent_id or action.message.id
        )

    def _hear_message(self, event: Event) -> None:
        """Answer a new message that holds a command, mentions the bot, or is for it alone."""
        message = event.message
        if (
            message is None
            or event.resource != "messages"
            or event.name != "created"
            or message.author.kind == "bot"
        ):
            return
        if self.conversation.memberships.find(event.room, BOT) is None:
            return
        command = _COMMAND.search(message.wording.text)
        if command or event.room.type == "direct" or BOT.id in message.wording.mentioned_people:
            answer = self.upcoming() if command and command[1] == "next" else _help()
            wording = render(answer, lambda _: None)
            self.conversation.say(event.room, BOT, wording, parent_id=message.parent_id)

    def upcoming(self) -> str:
        """List what comes next, in Markdown."""
        today = datetime.fromtimestamp(self.clock.now(), UTC)
        lines = [
            f"- **{today + timedelta(days=days):%a %d %b}** {name} ({place})"
            for days, name, place in _EVENTS
        ]
        return "\n".join(["Upcoming events:", *lines])


def _help() -> str:
    return "I know `/next`, which lists upcoming events, and `/help`."

"""Somebody who writes a line now and then, when asked to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import cycle

from aiohttp import web

from webex_sandbox.people import Person
from webex_sandbox.space.conversation import Conversation
from webex_sandbox.space.markdown import FindPerson, render
from webex_sandbox.space.rooms import Room

SHORTEST_SECONDS = 0.05

_LINES = (
    "Good morning, everybody.",
    "Has anybody seen the *latest* build?",
    "I have moved the notes to <https://example.com/notes>.",
    "The tests are **green** again.",
    "Lunch at noon?",
)


class Chatter:
    """Writes as one person into one room, as often as it is told to."""

    def __init__(self, conversation: Conversation, find_person: FindPerson) -> None:
        self._conversation = conversation
        self._find_person = find_person
        self._task: asyncio.Task[None] | None = None

    @property
    def is_writing(self) -> bool:
        return self._task is not None and not self._task.done()

    def begin(self, room: Room, author: Person, every_seconds: float) -> None:
        self.reset()
        self._task = asyncio.create_task(self._write(room, author, every_seconds))

    def reset(self) -> None:
        if self._task:
            self._task.cancel()
            self._task = None

    async def run(self, _app: web.Application) -> AsyncIterator[None]:
        """Live as long as the application (aiohttp's cleanup context)."""
        yield
        task = self._task
        self.reset()
        if task:
            with suppress(asyncio.CancelledError):
                await task

    async def _write(self, room: Room, author: Person, every_seconds: float) -> None:
        for line in cycle(_LINES):
            await asyncio.sleep(max(every_seconds, SHORTEST_SECONDS))
            self._conversation.say(room, author, render(line, self._find_person))


CHATTER = web.AppKey("CHATTER", Chatter)

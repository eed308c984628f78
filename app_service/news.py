"""There is something new in the space: this replica polls at once, and so do the others."""

from aiohttp import web

from app_service.announcements import Announcements
from app_service.live.feed import Live
from common.sessions.keys import NEWS_CHANNEL

# How the word spread: somebody wrote here, or Webex's webhook told.
WRITTEN, TOLD = "written", "told"


class News:
    def __init__(self, live: Live, announcements: Announcements) -> None:
        self._live = live
        self._announcements = announcements

    async def spread(self, *, told: bool = False) -> None:
        """Say so everywhere; `told` by Webex means that polling can take its time."""
        word = TOLD if told else WRITTEN
        self.hear(word)
        await self._announcements.say(NEWS_CHANNEL, word)

    def hear(self, word: str) -> None:
        """What a replica said, this one included."""
        self._live.nudge(told=word == TOLD)


NEWS = web.AppKey("NEWS", News)

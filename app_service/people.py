"""Who the signed-in person is: asked at Webex at most once in 4 minutes and session."""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from app_service.avatar import is_allowed
from app_service.visitor.with_token import WithToken
from app_service.webex import Webex
from common.background import Background
from common.sessions.reader import SessionReader
from common.sessions.visitor import Visitor
from common.store.access import StoreUnavailable
from common.webex.failures import failure_of
from common.webex.http import WebexError

MAX_NAME = 200
MAX_URL = 1000


class People:
    """Returns what is kept, or asks Webex and keeps the answer."""

    def __init__(self, webex: Webex, with_token: WithToken, sessions: SessionReader) -> None:
        self._webex = webex
        self._with_token = with_token
        self._sessions = sessions
        self._asking = Background()

    async def me(self, visitor: Visitor) -> dict[str, Any]:
        """Webex's answer to GET /people/me; raise a Failure that says what went wrong."""
        if visitor.person is not None:
            return visitor.person
        try:
            return await self.read(visitor)
        except WebexError as error:
            raise failure_of(error, doing="asking who you are", again="") from error

    async def read(self, visitor: Visitor) -> dict[str, Any]:
        """Ask Webex, whatever is kept; raise a WebexError, or a Failure if the session cannot go on."""
        task = self._asking.once(visitor.ticket.handle, lambda: self._ask(visitor))
        # Shielded: one of several waiting browsers may go away without taking the answer along.
        return await asyncio.shield(task)

    async def _ask(self, visitor: Visitor) -> dict[str, Any]:
        person = await self._with_token.call(visitor, self._webex.me)
        with contextlib.suppress(StoreUnavailable):
            await self._sessions.keep_person(visitor.ticket, person)
        return person


@dataclass(frozen=True)
class Person:
    display_name: str
    nick_name: str | None
    email: str | None
    avatar: str | None
    initials: str

    @classmethod
    def from_webex(cls, body: dict[str, Any], *, avatar_sources: Iterable[str]) -> "Person":
        """Read a person object of GET /people/me; fields that are absent or odd are left out."""
        emails = body.get("emails")
        email = _text(emails[0]) if isinstance(emails, list) and emails else None
        nick_name = _text(body.get("nickName"))
        display_name = _text(body.get("displayName")) or nick_name or email or "you"
        avatar = _text(body.get("avatar"), MAX_URL)
        return cls(
            display_name=display_name,
            nick_name=nick_name,
            email=email,
            avatar=avatar if avatar and is_allowed(avatar, avatar_sources) else None,
            initials=initials(display_name),
        )


def initials(name: str) -> str:
    """First letters of the first and the last word: what stands where no picture is."""
    words = [word for word in name.split() if word[0].isalnum()] or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def _text(value: object, limit: int = MAX_NAME) -> str | None:
    return value.strip()[:limit] or None if isinstance(value, str) else None


PEOPLE = web.AppKey("PEOPLE", People)

"""Who the signed-in person is: asked at Webex at most once in 4 minutes and session."""

import asyncio
import contextlib
from typing import Any

from aiohttp import web

from app_service.visitor.with_token import WithToken
from app_service.webex import Webex
from common.sessions.reader import SessionReader
from common.sessions.visitor import Visitor
from common.store.access import StoreUnavailable
from common.webex.failures import failure_of
from common.webex.http import WebexError


class People:
    """Returns what is kept, or asks Webex and keeps the answer."""

    def __init__(self, webex: Webex, with_token: WithToken, sessions: SessionReader) -> None:
        self._webex = webex
        self._with_token = with_token
        self._sessions = sessions
        self._asking: dict[str, asyncio.Task[dict[str, Any]]] = {}

    async def me(self, visitor: Visitor) -> dict[str, Any]:
        """Webex's answer to GET /people/me; raise a Failure that says what went wrong."""
        if visitor.person is not None:
            return visitor.person
        handle = visitor.ticket.handle
        task = self._asking.get(handle)
        if task is None:
            task = asyncio.create_task(self._ask(visitor))
            self._asking[handle] = task
            task.add_done_callback(lambda done: self._asked(handle, done))
        try:
            # Shielded: one of several waiting browsers may go away without taking the answer along.
            return await asyncio.shield(task)
        except WebexError as error:
            raise failure_of(error, doing="asking who you are", again="") from error

    def _asked(self, handle: str, done: "asyncio.Task[dict[str, Any]]") -> None:
        self._asking.pop(handle, None)
        if not done.cancelled():
            done.exception()  # everybody who waited may have gone away

    async def _ask(self, visitor: Visitor) -> dict[str, Any]:
        person = await self._with_token.call(visitor, self._webex.me)
        with contextlib.suppress(StoreUnavailable):
            await self._sessions.keep_person(visitor.ticket, person)
        return person


PEOPLE = web.AppKey("PEOPLE", People)

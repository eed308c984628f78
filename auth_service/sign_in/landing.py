"""The landing: where sign-in and sign-out lead over, to settle which session this browser really holds.

Two tabs may finish their sign-ins at once, and of two answers the browser keeps the cookie that comes last;
the answer to a sign-out may take the cookie of a session that has begun meanwhile. Nobody sees that from the
answer itself. So each session is named by a sealed cookie of its own, and the request after the answer shows
both: what the browser was given, and what it holds. What was given and is not held, ends.

A name goes only when its session is over, and is set after the session's cookie: so no request shows the name
of a session whose cookie is still to come. Opened by a link the landing finds nothing to settle.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web

from auth_service.sign_in.unconfirmed import Unconfirmed
from auth_service.sign_in.unfinished import UnfinishedSignOuts
from common.background import Background
from common.failures import TryLater
from common.sessions.bound_cookie import NotBound, NotProven
from common.sessions.cookies import Cookies
from common.sessions.reader import SessionReader
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.sessions.ticket import Ticket

PURPOSE = "given session"
# Pauses, within the minute that an unconfirmed session has.
CONFIRM_AGAIN_SECONDS = (1, 4, 15, 30)


@dataclass(frozen=True, kw_only=True)
class Landing:
    sealer: Sealer
    cookies: Cookies
    sessions: SessionReader
    unconfirmed: Unconfirmed
    unfinished: UnfinishedSignOuts
    _behind: Background = field(default_factory=Background)

    def name_of(self, ticket: Ticket) -> str:
        """How the cookie is called that names this session."""
        return self.cookies.given(ticket.handle[:16])

    def named(self, ticket: Ticket) -> tuple[str, str]:
        """The cookie that names it: name and value."""
        name = self.name_of(ticket)
        return name, self.sealer.seal_text(ticket.packed, purpose=PURPOSE, place=name)

    async def settle(
        self, held: Ticket | None, bound_cookie: str | None, cookies: Mapping[str, str]
    ) -> tuple[list[str], Ticket | None]:
        """End what this browser was given and does not hold.

        Return the names that can go, and a session whose end is still to come, if there is one: what Redis
        does not let happen now is tried again behind the answer, and should come back with the browser in
        case this replica is gone by then.
        """
        # Made here, shown with its secret, and so named rightly: its name need not be opened.
        own_name = self.name_of(held) if held and self.unconfirmed.waiting_for(held) else None
        # What is tried again later is judged as it came.
        confirm = partial(self._confirm, held, bound_cookie, time.time()) if held else None
        if confirm and not await confirm():
            self._behind.spawn(_again(confirm))
        over: list[str] = []
        left: Ticket | None = None
        prefix = self.cookies.given("")
        for name in cookies:
            if name == own_name or not name.startswith(prefix):
                continue
            # One that only a newer release can read is left to its replicas.
            with contextlib.suppress(NewerFormatError):
                ticket = self._opened(name, cookies[name])
                if await self._is_over(ticket, held):
                    over.append(name)
                elif ticket != held:
                    left = ticket
        return over, left

    async def close(self) -> None:
        await self._behind.stop(patience_seconds=0)

    async def _confirm(self, held: Ticket, bound_cookie: str | None, came: float) -> bool:
        """Let it live as long as it is used; whether there is an end of trying.

        Without its secret an id opens nothing, and confirms nothing; nor does who may not use the session.
        """
        try:
            if await self._confirm_new(held):
                return True
            session = await self.sessions.load(held)
            if session is not None:
                self.sessions.bound_cookies.check(held.handle, session, bound_cookie, at=came)
                await self.sessions.prolong_now(held, session)
                self.unconfirmed.confirmed(held.handle)
        except (NotBound, NotProven):
            pass
        except TryLater:
            return False
        return True

    async def _confirm_new(self, held: Ticket) -> bool:
        """The same for a session that was made here and is as it was then, so that nobody need look at it.

        It was not bound then, and what has changed since is looked at.
        """
        session = self.unconfirmed.waiting_for(held)
        if session is None or not self.sessions.bound_cookies.lasts(session, 0):
            return False
        if not await self.unconfirmed.prolong(held):
            return False
        self.sessions.note_prolonged(held)
        return True

    async def _is_over(self, given: Ticket | None, held: Ticket | None) -> bool:
        """Whether that session is over now; None is a name that says nothing."""
        return given is None or (given != held and await self.unfinished.finish_now(given))

    def _opened(self, name: str, value: str) -> Ticket | None:
        try:
            return Ticket.unpacked(self.sealer.open_text(value, purpose=PURPOSE, place=name))
        except SealBrokenError:
            return None


async def _again(confirm: Callable[[], Awaitable[bool]]) -> None:
    for seconds in CONFIRM_AGAIN_SECONDS:
        await asyncio.sleep(seconds)
        if await confirm():
            return


LANDING = web.AppKey("LANDING", Landing)

"""Who may stay: a person is judged by the lists of the settings whenever Webex has said anew who they are.

At sign-in auth_service judges. Here it is done again with what is known of the person, which is four minutes
old at most while Webex answers (common.sessions.reader). As long as Webex cannot tell, the last judgement
holds. Whoever is on no list any more is refused at once, and auth_service ends the session.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from common.failures import TryLater
from common.memory import Memory
from common.sessions.reader import PERSON_CACHE_SECONDS
from common.sessions.ticket import Ticket
from common.sessions.visitor import Visitor
from common.settings.allowlist import Allowlist
from common.webex.failures import not_admitted
from common.webex.http import WebexError

log = logging.getLogger(__name__)
# When Webex cannot tell who somebody is, it is not asked again with every page.
AGAIN_SECONDS = 60
MOST_REMEMBERED = 20_000


class Judge:
    """`read` asks Webex who a visitor is; `end` has their session ended, behind the answer."""

    def __init__(
        self,
        allowlist: Allowlist,
        contact: str,
        *,
        read: Callable[[Visitor], Awaitable[dict[str, Any]]],
        end: Callable[[Ticket], None],
    ) -> None:
        self._allowlist = allowlist
        self.admits_everybody = allowlist.is_open
        self._contact = contact
        self._read = read
        self._end = end
        # By session: when, by time.monotonic(), Webex is to be asked again.
        self._due: Memory[float] = Memory(MOST_REMEMBERED)

    async def judged(self, visitor: Visitor) -> Visitor:
        """Return the visitor with who they are, if that is known; raise not_admitted."""
        if self.admits_everybody:
            return visitor
        if visitor.person is not None:
            self._judge(visitor, visitor.person)
            return visitor
        person = await self._read_if_due(visitor)
        return replace(visitor, person=person, pages={}) if person else visitor

    async def look_again(self, visitor: Visitor) -> None:
        """Judge somebody who is still there, as by an open stream; raise not_admitted."""
        if not self.admits_everybody:
            await self._read_if_due(visitor)

    async def _read_if_due(self, visitor: Visitor) -> dict[str, Any] | None:
        """Ask Webex and judge; None if it was asked a moment ago, or cannot tell."""
        handle = visitor.ticket.handle
        if time.monotonic() < self._due.get(handle, float("-inf")):
            return None
        try:
            person = await self._read(visitor)
        except (WebexError, TryLater) as error:
            log.info("person_not_read", extra={"reason": type(error).__name__})
            self._due.put(handle, time.monotonic() + AGAIN_SECONDS)
            return None
        self._judge(visitor, person)
        self._due.put(handle, time.monotonic() + PERSON_CACHE_SECONDS)
        return person

    def _judge(self, visitor: Visitor, person: dict[str, Any]) -> None:
        if not self._allowlist.admits(person):
            self._end(visitor.ticket)
            raise not_admitted(self._contact)


JUDGE = web.AppKey("JUDGE", Judge)

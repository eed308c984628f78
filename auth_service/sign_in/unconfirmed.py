"""New sessions that no browser has shown yet: given a minute, then ended, here and at Webex.

The answer that brings a session's cookie may never arrive. So a record begins with a short life, which its
browser prolongs when it comes back with the cookie: by the landing, or by any page. Whoever made the session
looks after a minute, and ends what nobody has shown. If that replica is gone, the record ends by itself.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from aiohttp import web

from auth_service.sessions.writer import SessionWriter
from common.background import Background
from common.failures import TryLater
from common.sessions.record import Session
from common.sessions.ticket import Ticket
from common.silent import Silent

CONFIRM_SECONDS = 60
# The record can be read for so much longer, so that its tokens can be revoked.
END_SECONDS = 15
AGAIN_SECONDS = 2


class NewSession(Silent, frozen=True):
    """A session that was made here, as it was written."""

    ticket: Ticket
    session: Session
    seal: bytes
    timer: asyncio.TimerHandle


class Unconfirmed:
    """`sign_out` ends a session; what it raises is a TryLater."""

    def __init__(
        self, writer: SessionWriter, sign_out: Callable[[Ticket], Awaitable[object]]
    ) -> None:
        self._writer = writer
        self._sign_out = sign_out
        self._waiting: dict[str, NewSession] = {}
        self._ending = Background()

    @staticmethod
    def first_end(begun: int, ends: int) -> int:
        """When a record that begins at `begun` ends, unless its browser comes; in Unix milliseconds."""
        return min(ends, begun + int(1000 * (CONFIRM_SECONDS + END_SECONDS)))

    def expect(self, ticket: Ticket, session: Session, seal: bytes, *, ends: int) -> None:
        """Wait for the browser of a session that was written with this seal and this first end."""
        timer = asyncio.get_running_loop().call_later(
            CONFIRM_SECONDS, lambda: self._ending.spawn(self._end_unless_shown(ticket, ends))
        )
        self._waiting[ticket.handle] = NewSession(ticket, session, seal, timer)

    def waiting_for(self, ticket: Ticket) -> Session | None:
        """The session as it was written here, if nobody has shown it yet. Its secret has to be right, too."""
        new = self._waiting.get(ticket.handle)
        return new.session if new is not None and new.ticket == ticket else None

    async def prolong(self, ticket: Ticket) -> bool:
        """Let what `waiting_for` has found live on, without a look at it; raise StoreUnavailable.

        False if it has to be looked at, as it may be something else by now.
        """
        new = self._waiting.get(ticket.handle)
        if new is None or not await self._writer.prolong_new(ticket, new.session, new.seal):
            return False
        self.confirmed(ticket.handle)
        return True

    def confirmed(self, handle: str) -> None:
        """Somebody came back with its cookie."""
        new = self._waiting.pop(handle, None)
        if new is not None:
            new.timer.cancel()

    async def close(self) -> None:
        """What nobody has shown yet ends by itself: its browser may be on its way to another replica."""
        for new in self._waiting.values():
            new.timer.cancel()
        self._waiting.clear()
        await self._ending.stop(patience_seconds=0)

    async def _end_unless_shown(self, ticket: Ticket, ends: int) -> None:
        self._waiting.pop(ticket.handle, None)
        for _ in range(END_SECONDS // AGAIN_SECONDS):
            with contextlib.suppress(TryLater):
                # Another replica may have prolonged it.
                if await self._writer.ends(ticket) == ends:
                    await self._sign_out(ticket)
                return
            await asyncio.sleep(AGAIN_SECONDS)


UNCONFIRMED = web.AppKey("UNCONFIRMED", Unconfirmed)

"""When a session's idle clock is moved, as far as this process knows, and what happens if that fails."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum

from common.background import Background
from common.memory import Memory
from common.sessions.record import Session
from common.store.access import StoreUnavailable

# Pauses before a move that failed is tried again.
AGAIN_SECONDS = (1, 4, 15)
# By how much two clocks may be apart, each wrong by half a minute, without an end being moved late.
SKEW_SECONDS = 60
REMEMBERED = 50_000


class Prolonged(Enum):
    """What was found when a session's end was moved."""

    WELL = "record and entry"
    UNLISTED = "its entry in the person's list was lost"
    GONE = "no record"


Prolong = Callable[[str, Session], Awaitable[Prolonged]]


class IdleClock:
    """Moves each session's end by `prolong`, once in `every_seconds`."""

    def __init__(self, prolong: Prolong, *, every_seconds: int) -> None:
        self._prolong = prolong
        self._every_seconds = every_seconds
        self._moved: Memory[int] = Memory(REMEMBERED)
        self._behind = Background()

    def due(self, handle: str, session: Session) -> float:
        """From when on, in Unix seconds, it is to be moved."""
        # Not written_at: what writes over a record leaves the clock alone. What lies ahead was told by
        # another clock, or by this one before it was set right: it says nothing. A sign-in was told by
        # another clock in any case, which may be ahead by as much as is allowed for.
        now = time.time()
        moved, signed_in = self._moved.get(handle, 0), session.signed_in_at - SKEW_SECONDS
        last = max(moved if moved <= now else 0, signed_in if signed_in <= now else 0)
        return last + self._every_seconds

    async def move(self, handle: str, session: Session) -> Prolonged:
        """Move it now; raise StoreUnavailable. Then it is tried again behind the answer."""
        # Others of this moment need not do it as well.
        self.note_moved(handle)
        prolonged = None
        try:
            prolonged = await self._prolong(handle, session)
        finally:
            if prolonged is None:
                self._later(handle, session, AGAIN_SECONDS)
        return prolonged

    def note_moved(self, handle: str) -> None:
        """It was moved now."""
        self._moved.put(handle, int(time.time()))

    def _later(self, handle: str, session: Session, pauses: Sequence[float]) -> None:
        if not pauses:
            self._moved.forget(handle)
            return
        pause, *more = pauses
        asyncio.get_running_loop().call_later(
            pause, lambda: self._behind.spawn(self._again(handle, session, more))
        )

    async def _again(self, handle: str, session: Session, pauses: Sequence[float]) -> None:
        try:
            await self._prolong(handle, session)
        except StoreUnavailable:
            self._later(handle, session, pauses)

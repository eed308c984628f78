"""Who may watch: Webex is asked with each person's own token when their stream opens.

After that the shared list of members speaks for Webex, so that a thousand viewers cost no more than
one. Whoever is missing from it is asked about once more with their own token, and then shown out.
"""

import time

from app_service.space.entrance import Entrance
from app_service.space.room import OUTSIDE
from common.memory import Memory
from common.sessions.visitor import Visitor
from common.webex.failures import failure_of
from common.webex.http import WebexError, WebexRefusal

# A browser that comes back this soon after a check is let in without another; seconds.
REMEMBERED_SECONDS = 120
MOST_REMEMBERED = 20_000


class Admission:
    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance
        self._admitted: Memory[float] = Memory(MOST_REMEMBERED)

    async def check(self, visitor: Visitor) -> None:
        """Return if the person may read the space; raise a Failure if not, or if Webex cannot tell."""
        if time.monotonic() - self.admitted_at(visitor.ticket.handle) < REMEMBERED_SECONDS:
            return
        try:
            outside = await self.is_outside(visitor)
        except WebexError as error:
            raise failure_of(error, doing="opening the space", again="/widget") from error
        if outside:
            raise self._entrance.outside()

    async def is_outside(self, visitor: Visitor) -> bool:
        """Ask Webex with the person's own token; raise a WebexError if it cannot tell."""
        handle = visitor.ticket.handle
        try:
            await self._entrance.look(visitor)
        except WebexRefusal as error:
            if error.status not in OUTSIDE:
                raise
            self._admitted.forget(handle)
            return True
        self.admitted(visitor)
        return False

    def admitted(self, visitor: Visitor) -> None:
        """Remember that Webex has just shown the person the space."""
        self._admitted.put(visitor.ticket.handle, time.monotonic())

    def admitted_at(self, handle: str) -> float:
        """When that was, by time.monotonic(); minus infinity if never."""
        return self._admitted.get(handle, float("-inf"))

    def forget(self, handle: str) -> None:
        self._admitted.forget(handle)

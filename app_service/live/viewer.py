"""Somebody who is looking at a space: an open stream.

A stream is a bounded queue of what is still to be sent, and why it ended.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from app_service.live import events
from common.sessions.visitor import Visitor

# A browser that is this far behind does better to begin again from its last event id.
MOST_WAITING = 200


@dataclass(eq=False)
class Viewer:
    """`since` is the instant up to which the browser has seen everything, or None.

    `proof_ends`: when, in Unix seconds, the short cookie ends with which it was opened; zero if with none.
    `brief`: if the person has as many streams as they may, tell once what was missed, and end.
    `rests_until`: the monotonic instant from which their token may be asked with again.
    """

    visitor: Visitor = field(repr=False)
    since: str | None
    proof_ends: int = 0
    brief: bool = False
    rests_until: float = 0.0
    _waiting: deque[bytes] = field(default_factory=deque, repr=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _ended: bool = False

    @property
    def handle(self) -> str:
        return self.visitor.ticket.handle

    @property
    def person_id(self) -> str:
        return self.visitor.session.person_id

    def send(self, chunk: bytes) -> None:
        """Put bytes in the queue; the same object may be in the queues of all viewers."""
        if self._ended:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            self.end(None)
            return
        self._waiting.append(chunk)
        self._wake.set()

    def end(self, reason: str | None, *, to: str | None = None) -> None:
        """Send the rest, tell the browser why (None: come back) and where to go, and end the stream."""
        if self._ended:
            return
        # Spread over some seconds: after a restart everybody comes back.
        spread = 1000 + random.randrange(4000)  # noqa: S311 - not a secret
        self._waiting.append(events.ended(reason, to=to) if reason else events.retry(spread))
        self._ended = True
        self._wake.set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield what is waiting, as one piece, until the stream ends."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._waiting:
                piece = b"".join(self._waiting)
                self._waiting.clear()
                yield piece
            if self._ended and not self._waiting:
                return

"""Somebody who is looking at a space: an open stream.

A stream is a bounded queue of what is still to be sent, and why it ended. There are thousands: what one
holds while nothing happens is what a replica needs for each of them.
"""

import asyncio
import random
from dataclasses import dataclass, field

from app_service.live import events
from common.sessions.visitor import Visitor

# A browser that is this far behind does better to begin again from its last event id.
MOST_WAITING = 200


@dataclass(eq=False, slots=True)
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
    # A deque, and the one in an Event, would have room for 64 from the start.
    _waiting: list[bytes] = field(default_factory=list, repr=False)
    _woken: asyncio.Future[None] | None = field(default=None, repr=False)
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
        self._wake()

    def end(self, reason: str | None, *, to: str | None = None) -> None:
        """Send the rest, tell the browser why (None: come back) and where to go, and end the stream."""
        if self._ended:
            return
        # Spread over some seconds: after a restart everybody comes back.
        spread = 1000 + random.randrange(4000)  # noqa: S311 - not a secret
        self._waiting.append(events.ended(reason, to=to) if reason else events.retry(spread))
        self._ended = True
        self._wake()

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and everything was taken."""
        return self._ended and not self._waiting

    @property
    def waits(self) -> bool:
        """Whether there is something to take."""
        return bool(self._waiting)

    def take(self) -> bytes:
        """What is waiting, as one piece."""
        waiting, self._waiting = self._waiting, []
        return b"".join(waiting)

    def news(self) -> asyncio.Future[None]:
        """Done when there is something to take; for one task, when there is nothing.

        A future and no generator, whose frame each stream that waits would hold besides.
        """
        self._woken = asyncio.get_running_loop().create_future()
        return self._woken

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

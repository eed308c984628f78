"""The audience: who is looking at the space through this replica, each an open stream.

A stream is a bounded queue of what is still to be sent, and why it ended.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from app_service.live import events
from common.sessions.visitor import Visitor
from common.telemetry.metrics import LIVE_VIEWERS

# A browser that is this far behind does better to begin again from its last event id.
MOST_WAITING = 200

K = TypeVar("K")


@dataclass(eq=False)
class Viewer:
    """`since` is the instant up to which the browser has seen everything, or None.

    `brief`: if the person has as many streams as they may, tell once what was missed, and end.
    """

    visitor: Visitor = field(repr=False)
    since: str | None
    brief: bool = False
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

    def end(self, reason: str | None) -> None:
        """Send the rest, tell the browser why (None: come back), and end the stream."""
        if self._ended:
            return
        # Spread over some seconds: after a restart everybody comes back.
        spread = 1000 + random.randrange(4000)  # noqa: S311 - not a secret
        self._waiting.append(events.ended(reason) if reason else events.retry(spread))
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


class Viewers:
    def __init__(self, most_per_person: int) -> None:
        self._most = most_per_person
        # Of each person those that stay, and those that are told once: of these as many.
        self._by_person: dict[tuple[str, bool], dict[Viewer, None]] = {}
        self._by_handle: dict[str, dict[Viewer, None]] = {}
        self._all: dict[Viewer, None] = {}

    def add(self, viewer: Viewer) -> None:
        """Add a viewer; of too many of one person the oldest has to ask now and then instead."""
        staying = self._by_person.get((viewer.person_id, False), {})
        viewer.brief = viewer.brief and len(staying) >= self._most
        alike = self._by_person.get((viewer.person_id, viewer.brief), {})
        if len(alike) >= self._most:
            self.end(next(iter(alike)), "too_many")
        self._by_person.setdefault((viewer.person_id, viewer.brief), {})[viewer] = None
        self._by_handle.setdefault(viewer.handle, {})[viewer] = None
        self._all[viewer] = None
        LIVE_VIEWERS.inc()

    def remove(self, viewer: Viewer) -> None:
        if viewer not in self._all:
            return
        del self._all[viewer]
        LIVE_VIEWERS.dec()
        _take_out(self._by_handle, viewer.handle, viewer)
        _take_out(self._by_person, (viewer.person_id, viewer.brief), viewer)

    def end(self, viewer: Viewer, reason: str | None) -> None:
        """End one stream. It is out of the list at once, whenever its handler notices."""
        self.remove(viewer)
        viewer.end(reason)

    def end_session(self, handle: str, reason: str) -> None:
        for viewer in list(self._by_handle.get(handle, ())):
            self.end(viewer, reason)

    def send(self, chunk: bytes) -> None:
        for viewer in self._all:
            viewer.send(chunk)

    def __iter__(self) -> Iterator[Viewer]:
        return iter(list(self._all))

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, viewer: object) -> bool:
        return viewer in self._all


def _take_out(groups: dict[K, dict[Viewer, None]], name: K, viewer: Viewer) -> None:
    group = groups[name]
    del group[viewer]
    if not group:
        del groups[name]

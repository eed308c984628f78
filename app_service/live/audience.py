"""The audience: who is looking at one space through this replica."""

from collections.abc import Iterator

from app_service.live.stream_limit import StreamLimit
from app_service.live.viewer import Viewer
from common.telemetry.metrics import LIVE_VIEWERS


class Viewers:
    def __init__(self, limit: StreamLimit) -> None:
        self._limit = limit
        # Nearly always one, for which a tuple needs a fifth of a dictionary's memory.
        self._by_handle: dict[str, tuple[Viewer, ...]] = {}
        self._all: dict[Viewer, None] = {}

    def add(self, viewer: Viewer) -> None:
        """Add a viewer; of too many of one person the oldest has to ask now and then instead."""
        self._limit.add(viewer, self)
        self._by_handle[viewer.handle] = (*self._by_handle.get(viewer.handle, ()), viewer)
        self._all[viewer] = None
        LIVE_VIEWERS.inc()

    def remove(self, viewer: Viewer) -> None:
        if viewer not in self._all:
            return
        del self._all[viewer]
        LIVE_VIEWERS.dec()
        self._limit.remove(viewer)
        of_session = self._by_handle.pop(viewer.handle)
        if others := tuple(one for one in of_session if one is not viewer):
            self._by_handle[viewer.handle] = others

    def to_the_end(self, viewer: Viewer) -> None:
        """Make the viewer the last of the list, if they are in it."""
        if viewer in self._all:
            del self._all[viewer]
            self._all[viewer] = None

    def end(self, viewer: Viewer, reason: str | None, *, to: str | None = None) -> None:
        """End one stream. It is out of the list at once, whenever its handler notices."""
        self.remove(viewer)
        viewer.end(reason, to=to)

    def end_session(self, handle: str, reason: str) -> None:
        for viewer in self._by_handle.get(handle, ()):
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

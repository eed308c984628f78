"""Who is looking at the space through this replica."""

from collections.abc import Iterator

from app_service.live.viewer import Viewer
from common.telemetry.metrics import LIVE_VIEWERS

# More tabs of one sign-in than anybody reads.
MOST_PER_SESSION = 12


class Viewers:
    def __init__(self) -> None:
        self._by_handle: dict[str, dict[Viewer, None]] = {}
        self._all: dict[Viewer, None] = {}

    def add(self, viewer: Viewer) -> None:
        """Add a viewer; of too many in one session the oldest has to come back later."""
        mine = self._by_handle.setdefault(viewer.handle, {})
        if len(mine) >= MOST_PER_SESSION:
            self.end(next(iter(mine)), "too_many")
        mine[viewer] = None
        self._all[viewer] = None
        LIVE_VIEWERS.inc()

    def remove(self, viewer: Viewer) -> None:
        if viewer in self._all:
            del self._all[viewer]
            LIVE_VIEWERS.dec()
        mine = self._by_handle.get(viewer.handle, {})
        mine.pop(viewer, None)
        if not mine:
            self._by_handle.pop(viewer.handle, None)

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

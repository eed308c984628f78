"""How many streams one person has open through this replica, in all their sessions and spaces."""

from typing import Protocol

from app_service.live.viewer import Viewer


class Audience(Protocol):
    """Where a stream is counted out again."""

    def end(self, viewer: Viewer, reason: str | None) -> None: ...


Counted = tuple[Viewer, Audience]


class StreamLimit:
    """Counts by person; of too many streams the oldest ends."""

    def __init__(self, most_per_person: int) -> None:
        self._most = most_per_person
        # By person: those that stay, and those that are told once, as many of these. The oldest first.
        self._staying: dict[str, tuple[Counted, ...]] = {}
        self._brief: dict[str, tuple[Counted, ...]] = {}

    def add(self, viewer: Viewer, audience: Audience) -> None:
        """Count a stream; whoever has too many has the oldest of them ended by its audience."""
        person_id = viewer.person_id
        viewer.brief = viewer.brief and len(self._staying.get(person_id, ())) >= self._most
        alike = self._like(viewer)
        if len(alike.get(person_id, ())) >= self._most:
            oldest, its_audience = alike[person_id][0]
            its_audience.end(oldest, "too_many")
        alike[person_id] = (*alike.get(person_id, ()), (viewer, audience))

    def remove(self, viewer: Viewer) -> None:
        alike = self._like(viewer)
        group = alike.pop(viewer.person_id)
        if others := tuple(each for each in group if each[0] is not viewer):
            alike[viewer.person_id] = others

    def _like(self, viewer: Viewer) -> dict[str, tuple[Counted, ...]]:
        return self._brief if viewer.brief else self._staying

"""How many streams one person has open through this replica, in all their sessions and spaces."""

from typing import Protocol

from app_service.live.viewer import Viewer


class Audience(Protocol):
    """Where a stream is counted out again."""

    def end(self, viewer: Viewer, reason: str | None) -> None: ...


class StreamLimit:
    """Counts by person; of too many streams the oldest ends."""

    def __init__(self, most_per_person: int) -> None:
        self._most = most_per_person
        # Of each person those that stay, and those that are told once: of these as many. The oldest first.
        self._by_person: dict[tuple[str, bool], tuple[tuple[Viewer, Audience], ...]] = {}

    def add(self, viewer: Viewer, audience: Audience) -> None:
        """Count a stream; whoever has too many has the oldest of them ended by its audience."""
        staying = self._by_person.get((viewer.person_id, False), ())
        viewer.brief = viewer.brief and len(staying) >= self._most
        name = (viewer.person_id, viewer.brief)
        alike = self._by_person.get(name, ())
        if len(alike) >= self._most:
            oldest, its_audience = alike[0]
            its_audience.end(oldest, "too_many")
        self._by_person[name] = (*self._by_person.get(name, ()), (viewer, audience))

    def remove(self, viewer: Viewer) -> None:
        name = (viewer.person_id, viewer.brief)
        group = self._by_person.pop(name)
        if others := tuple(each for each in group if each[0] is not viewer):
            self._by_person[name] = others

"""How many streams one person has open through this replica, in all their sessions and spaces."""

from collections.abc import Callable

from app_service.live.viewer import Viewer


class StreamLimit:
    """Counts by person; of too many streams the oldest ends."""

    def __init__(self, most_per_person: int) -> None:
        self._most = most_per_person
        # Of each person those that stay, and those that are told once: of these as many.
        self._by_person: dict[tuple[str, bool], dict[Viewer, Callable[[], None]]] = {}

    def add(self, viewer: Viewer, end: Callable[[], None]) -> None:
        """Count a stream; `end` ends it, and takes it out again."""
        staying = self._by_person.get((viewer.person_id, False), {})
        viewer.brief = viewer.brief and len(staying) >= self._most
        alike = self._by_person.get((viewer.person_id, viewer.brief), {})
        if len(alike) >= self._most:
            next(iter(alike.values()))()
        self._by_person.setdefault((viewer.person_id, viewer.brief), {})[viewer] = end

    def remove(self, viewer: Viewer) -> None:
        name = (viewer.person_id, viewer.brief)
        group = self._by_person[name]
        del group[viewer]
        if not group:
            del self._by_person[name]

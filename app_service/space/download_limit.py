"""How many files one person is downloading through this replica: each costs memory while it lasts."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from app_service.space import failures as space_failures


class DownloadLimit:
    """Counts by person: another session of theirs is no other person."""

    def __init__(self, most_per_person: int) -> None:
        self._most = most_per_person
        self._in_flight: Counter[str] = Counter()

    @contextmanager
    def one_more(self, person_id: str) -> Iterator[None]:
        """Count a download while it lasts; raise a Failure if the person has as many as they may."""
        if self._in_flight[person_id] >= self._most:
            raise space_failures.too_many_downloads()
        self._in_flight[person_id] += 1
        try:
            yield
        finally:
            self._in_flight[person_id] -= 1
            if not self._in_flight[person_id]:
                del self._in_flight[person_id]


DOWNLOAD_LIMIT = web.AppKey("DOWNLOAD_LIMIT", DownloadLimit)

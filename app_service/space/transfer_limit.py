"""How many files one person is moving through this replica at once: each costs memory while it lasts."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from common.failures import Failure


class TransferLimit:
    """Counts by person: another session of theirs is no other person."""

    def __init__(self, most_per_person: int, too_many: Callable[[], Failure]) -> None:
        self._most = most_per_person
        self._too_many = too_many
        self._in_flight: Counter[str] = Counter()

    @contextmanager
    def one_more(self, person_id: str) -> Iterator[None]:
        """Count a file while it moves; raise the Failure if the person has as many as they may."""
        if self._in_flight[person_id] >= self._most:
            raise self._too_many()
        self._in_flight[person_id] += 1
        try:
            yield
        finally:
            self._in_flight[person_id] -= 1
            if not self._in_flight[person_id]:
                del self._in_flight[person_id]


DOWNLOAD_LIMIT = web.AppKey("DOWNLOAD_LIMIT", TransferLimit)

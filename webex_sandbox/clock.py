"""The sandbox's clock, which a test may put forward."""

import time
from datetime import UTC, datetime

from aiohttp import web


class Clock:
    """Seconds since 1970, plus whatever somebody has added."""

    def __init__(self) -> None:
        self._ahead = 0.0

    @property
    def ahead(self) -> float:
        return self._ahead

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds

    def reset(self) -> None:
        self._ahead = 0.0


CLOCK = web.AppKey("CLOCK", Clock)


def timestamp(seconds: float) -> str:
    """Write a moment as Webex does: ISO 8601 in UTC, with milliseconds and a Z."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

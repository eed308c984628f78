"""One count, log line and span per request to Webex; the line has Webex's name for it (`trackingid`)."""

import logging
from functools import lru_cache
from time import perf_counter
from urllib.parse import urlsplit

from common.telemetry.logs import FrequentLine, beginning, milliseconds, say
from common.telemetry.metrics import OTHER, observe_webex
from common.telemetry.spans import begin_call

log = logging.getLogger(__name__)

# The addresses carry ids, so only these words of them are told.
ENDPOINTS = frozenset(
    (
        "access_token",
        "revoke",
        "people",
        "rooms",
        "memberships",
        "messages",
        "webhooks",
        "contents",
        "attachment",
        # Of cards, wherever they are.
        "pictures",
    )
)
# Refusals that an operator wants to tell apart; the others are told by their first digit.
TOLD_APART = (401, 403, 429)
WELL = ("2xx", "3xx")


class WebexLine(FrequentLine, kw_only=True):
    method: str
    endpoint: str
    outcome: str
    ms: float
    status: int | None = None
    tracking_id: str | None = None
    why: str | None = None


class WebexWatch:
    """Watches one request from its start."""

    def __init__(self, method: str, url: str) -> None:
        self._method = method
        self._endpoint = endpoint(url)
        self._began = perf_counter()
        self._span = begin_call(method, self._endpoint)

    def failed(self, error: Exception) -> None:
        """Say that no whole answer came; a WebexError has what is known."""
        why = getattr(error, "why", None)
        self.ended(
            type(error).__name__,
            status=None,
            tracking_id=getattr(error, "tracking_id", None),
            why=why.word if why else None,
        )

    def ended(
        self, outcome: str, *, status: int | None, tracking_id: str | None, why: str | None = None
    ) -> None:
        """Say how it ended; `status` is None where no whole answer came."""
        seconds = perf_counter() - self._began
        observe_webex(self._endpoint, outcome, seconds)
        if self._span:
            self._span.end(status, failure=None if outcome in WELL else outcome)
        line = WebexLine(
            *beginning(log, "webex_request"),
            method=self._method,
            endpoint=self._endpoint,
            outcome=outcome,
            ms=milliseconds(seconds),
            status=status,
            tracking_id=tracking_id,
            why=why,
        )
        say(log, line)


@lru_cache
def endpoint(url: str) -> str:
    """The part of Webex that an address belongs to."""
    words = urlsplit(url).path.split("/")
    return next((word for word in words if word in ENDPOINTS), OTHER)


def outcome_of(status: int) -> str:
    """A status as a word: one of few, because it becomes a label."""
    return str(status) if status in TOLD_APART else f"{status // 100}xx"

"""What this process counts, for Prometheus; /metrics answers inside the back network only.

Every label has few values, all of them written in the code: never a path, an id or anything else that
came from outside. The metrics belong to the process, as prometheus-client means it; with several workers
they meet in files of PROMETHEUS_MULTIPROC_DIR, which `common.web.serve` makes.
Names: https://prometheus.io/docs/practices/naming/
"""

import atexit
import os
from bisect import bisect_left
from collections import Counter as Counted
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from common.telemetry.coalesced import deal_with_all

# Method, the pattern of the route, status.
Answer = tuple[str, str, int]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"

# Upper bounds in seconds. Redis is the neighbour, Webex is across the internet.
REDIS_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 0.8)
WEBEX_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
ANSWER_BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Durations(Histogram):
    """Takes the durations of a moment at once: one after the other they cost as much as their log lines."""

    def observe_all(self, seconds: Sequence[float]) -> None:
        self._sum.inc(sum(seconds))
        found = Counted([bisect_left(self._upper_bounds, each) for each in seconds])
        for bucket, number in found.items():
            self._buckets[bucket].inc(number)


SESSION_READS = Counter("session_reads", "Session records looked up in Redis.", ["result"])
REDIS_SECONDS = Durations(
    "redis_command_seconds", "Commands, or batches of them, to Redis.", buckets=REDIS_BUCKETS
)
REDIS_FAILURES = Counter("redis_failures", "Commands that Redis did not answer well or in time.")
WEBEX_SECONDS = Durations(
    "webex_request_seconds",
    "Requests to Webex until the whole answer is here.",
    ["endpoint", "outcome"],
    buckets=WEBEX_BUCKETS,
)
REQUESTS = Counter("http_requests", "Requests answered.", ["method", "route", "status"])
ANSWER_SECONDS = Durations(
    "http_request_seconds",
    "Time until a request was answered; streams are left out.",
    ["route"],
    buckets=ANSWER_BUCKETS,
)
UNFORESEEN_FAILURES = Counter("unforeseen_failures", "Mistakes of ours that became a page.")
LIVE_VIEWERS = Gauge("live_viewers", "Open event streams.", multiprocess_mode="livesum")

_session_found = SESSION_READS.labels("found")
_session_absent = SESSION_READS.labels("absent")
# Absent ones and found ones that are not told yet; how long Redis and Webex took; and what else there was.
_session_reads = [0, 0]
_redis_seconds: list[float] = []
_webex_seconds_noted: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
_counted: Counted[Counter] = Counted()
# Finding a child by its labels costs more than counting in it.
_requests = cache(REQUESTS.labels)
_answer_seconds = cache(ANSWER_SECONDS.labels)
_webex_seconds = cache(WEBEX_SECONDS.labels)


def count_answers(answers: Mapping[Answer, Sequence[float | None]]) -> None:
    """Count the answers of a moment: each one's seconds by kind; those of a stream are None."""
    for (method, route, status), times in answers.items():
        _requests(method if method in METHODS else OTHER, route, status).inc(len(times))
        if whole := [seconds for seconds in times if seconds is not None]:
            _answer_seconds(route).observe_all(whole)
    _tell_what_was_noted()


def count_session_read(*, found: bool) -> None:
    """Count a look for a session's record; it is told with the next answers, or when somebody asks."""
    _session_reads[found] += 1


def observe_redis(seconds: float) -> None:
    """Note how long a command took; it is told with the next answers, or when somebody asks."""
    _redis_seconds.append(seconds)


def observe_webex(endpoint: str, outcome: str, seconds: float) -> None:
    """Note how long a request to Webex took; it is told with the next answers, or when somebody asks."""
    _webex_seconds_noted[endpoint, outcome].append(seconds)


def count(counter: Counter) -> None:
    """Count one; it is told with the next answers, or when somebody asks."""
    _counted[counter] += 1


def _tell_what_was_noted() -> None:
    for child, number in zip((_session_absent, _session_found), _session_reads, strict=True):
        if number:
            child.inc(number)
    _session_reads[:] = 0, 0
    if _redis_seconds:
        REDIS_SECONDS.observe_all(_redis_seconds)
        _redis_seconds.clear()
    for labels, seconds in _webex_seconds_noted.items():
        _webex_seconds(*labels).observe_all(seconds)
    _webex_seconds_noted.clear()
    for counter, number in _counted.items():
        counter.inc(number)
    _counted.clear()


# What other workers' /metrics is to tell after this one's end.
atexit.register(_tell_what_was_noted)


async def metrics(_: web.Request) -> web.Response:
    """GET /metrics: this process' numbers, or those of all workers together."""
    deal_with_all()
    _tell_what_was_noted()
    return web.Response(
        body=generate_latest(_registry()), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together

"""One line and one count per request. Never the query string: it carries the code."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from time import time as now

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from common.telemetry.coalesced import Coalesced
from common.telemetry.logs import say_all
from common.telemetry.metrics import Answer, count_answers
from common.telemetry.request_line import LOGGER, request_line
from common.telemetry.trace import Trace, current, known_or_of

log = logging.getLogger(LOGGER)

WAITED_SECONDS = web.RequestKey("WAITED_SECONDS", float)
"""How long a client took to send the body: it belongs to no time of ours."""

QUIET = ("/healthz", "/readyz", "/metrics")

# Request, answer, seconds; the trace that was current when it ended, and when that was, in Unix seconds.
Ended = tuple[web.BaseRequest, web.StreamResponse, float, Trace, float]


class AccessLog(AbstractAccessLogger):
    """Logs the route's pattern, not the path: a path can be anything that somebody typed."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        if request.body_exists:
            time -= request.get(WAITED_SECONDS, 0.0)
        # Traces belong to a task, so this cannot wait.
        _ENDED.add((request, response, time, current(), now()))


def route_of(request: web.BaseRequest) -> str:
    """The pattern that a request was routed by, or `none`: it holds nothing that came from outside."""
    # A request that could not be parsed was never routed; its match_info may not even be asked for.
    match = request._match_info if isinstance(request, web.Request) else None  # noqa: SLF001
    # Not its truth: both are mappings, or sized, and empty ones are false.
    resource = match.route.resource if match is not None else None
    return resource.canonical if resource is not None else "none"


@lru_cache(maxsize=64)
def is_whole(kind: type[web.StreamResponse]) -> bool:
    """Whether answers of this kind have a body that is there as a whole, and are no streams.

    aiohttp's classes are abstract ones, of which `isinstance` takes several times as long.
    """
    return issubclass(kind, web.Response)


def _tell(ended: Sequence[Ended]) -> None:
    lines, answers = [], defaultdict[Answer, list[float | None]](list)
    for request, response, seconds, known, at in ended:
        answer = (request.method, route_of(request), response.status)
        if answer[1] in QUIET:
            continue
        trace = known_or_of(known, request)
        lines.append(request_line(answer, at=at, seconds=seconds, trace=trace))
        answers[answer].append(seconds if is_whole(type(response)) else None)
    say_all(log, lines)
    count_answers(answers)


_ENDED = Coalesced(_tell)

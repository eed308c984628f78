"""One line and one count per request. Never the query string: it carries the code."""

import logging
import time
from collections.abc import Sequence

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from common.telemetry.end_of_turn import EndOfTurn
from common.telemetry.logs import FrequentLine, milliseconds, moment, say_all
from common.telemetry.metrics import count_answers
from common.telemetry.trace import Trace, current, known_or_of

log = logging.getLogger("common.access")

WAITED_SECONDS = web.RequestKey("WAITED_SECONDS", float)
"""How long a client took to send the body: it belongs to no time of ours."""

QUIET = ("/healthz", "/readyz", "/metrics")


class RequestLine(FrequentLine, kw_only=True):
    method: str
    route: str
    status: int
    ms: float


# Request, answer, seconds, and the trace that was current when it ended.
Ended = tuple[web.BaseRequest, web.StreamResponse, float, Trace]


class AccessLog(AbstractAccessLogger):
    """Logs the route's pattern, not the path: a path can be anything that somebody typed."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        if request.body_exists:
            time -= request.get(WAITED_SECONDS, 0.0)
        # Traces belong to a task, so this cannot wait.
        _ENDED.add((request, response, time, current()))


def route_of(request: web.BaseRequest) -> str:
    """The pattern that a request was routed by, or `none`: it holds nothing that came from outside."""
    # A request that could not be parsed was never routed; its match_info may not even be asked for.
    match = request._match_info if isinstance(request, web.Request) else None  # noqa: SLF001
    # Not its truth: both are mappings, or sized, and empty ones are false.
    resource = match.route.resource if match is not None else None
    return resource.canonical if resource is not None else "none"


def _tell(ended: Sequence[Ended]) -> None:
    lines, answers = [], []
    now = moment(time.time())
    for request, response, seconds, known in ended:
        route = route_of(request)
        if route in QUIET:
            continue
        trace = known_or_of(known, request)
        method, status = request.method, response.status
        line = RequestLine(
            now,
            "info",
            log.name,
            "request",
            trace.request_id,
            trace.trace_id,
            method=method,
            route=route,
            status=status,
            ms=milliseconds(seconds),
        )
        lines.append(line)
        streamed = not isinstance(response, web.Response)
        answers.append(((method, route, status), None if streamed else seconds))
    say_all(log, lines)
    count_answers(answers)


_ENDED = EndOfTurn(_tell)

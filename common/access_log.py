"""One line and one count per request. Never the query string: it carries the code."""

import asyncio
import logging
import sys
import time

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from common.logs import json_line
from common.metrics import count_request
from common.trace import trace_of

QUIET = ("/healthz", "/readyz", "/metrics")


class AccessLog(AbstractAccessLogger):
    """Logs the route's pattern, not the path: a path can be anything that somebody typed."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        route = _route(request)
        if route in QUIET:
            return
        streamed = not isinstance(response, web.Response)
        count_request(request.method, route, response.status, None if streamed else time)
        if self.logger.isEnabledFor(logging.INFO):
            _LINES.write(self._line(request, route, response.status, time))

    def _line(self, request: web.BaseRequest, route: str, status: int, seconds: float) -> str:
        fields = {
            "method": request.method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        trace = trace_of(request)
        if trace.request_id:
            fields["request_id"] = trace.request_id
        if trace.trace_id:
            fields["trace_id"] = trace.trace_id
        return json_line(time.time(), "info", self.logger.name, "request", fields)


class LinesOfATurn:
    """Lines on standard error; those of one event-loop turn leave together.

    Past the logging module: a record, its handler and a write of its own cost a line ten times as much.
    """

    def __init__(self) -> None:
        self._waiting: list[str] = []

    def write(self, line: str) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(line)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        sys.stderr.write("\n".join((*waiting, "")))


_LINES = LinesOfATurn()


def _route(request: web.BaseRequest) -> str:
    # A request that could not be parsed was never routed; its match_info may not even be asked for.
    match = request._match_info if isinstance(request, web.Request) else None  # noqa: SLF001
    # Not its truth: both are mappings, or sized, and empty ones are false.
    resource = match.route.resource if match is not None else None
    return resource.canonical if resource is not None else "none"

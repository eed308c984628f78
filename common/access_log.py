"""One line and one count per request. Never the query string: it carries the code."""

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from common.frequent_log import FrequentLine, beginning, milliseconds, say
from common.metrics import count_request
from common.trace import current_or_of

QUIET = ("/healthz", "/readyz", "/metrics")


class RequestLine(FrequentLine, kw_only=True):
    method: str
    route: str
    status: int
    ms: float


class AccessLog(AbstractAccessLogger):
    """Logs the route's pattern, not the path: a path can be anything that somebody typed."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        route = route_of(request)
        if route in QUIET:
            return
        streamed = not isinstance(response, web.Response)
        count_request(request.method, route, response.status, None if streamed else time)
        self._say(request, route, response.status, time)

    def _say(self, request: web.BaseRequest, route: str, status: int, seconds: float) -> None:
        line = RequestLine(
            *beginning(self.logger, "request", current_or_of(request)),
            method=request.method,
            route=route,
            status=status,
            ms=milliseconds(seconds),
        )
        say(self.logger, line)


def route_of(request: web.BaseRequest) -> str:
    """The pattern that a request was routed by, or `none`: it holds nothing that came from outside."""
    # A request that could not be parsed was never routed; its match_info may not even be asked for.
    match = request._match_info if isinstance(request, web.Request) else None  # noqa: SLF001
    # Not its truth: both are mappings, or sized, and empty ones are false.
    resource = match.route.resource if match is not None else None
    return resource.canonical if resource is not None else "none"

"""Spans of requests, and of what Webex is asked for them, for a tracing backend: off until somebody exports.

A span names the route's pattern and Webex's endpoint, never an address: ours carry the authorization code and
Webex's carry ids, and the usual instrumentation for aiohttp writes both into its spans.
`common.telemetry.span_export` sends them, and needs packages that are optional; so it is imported only
when it is used.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from common.settings.otlp import OtlpAddress
from common.telemetry import trace
from common.telemetry.access_log import QUIET, route_of
from common.telemetry.metrics import METHODS, OTHER


class Span(Protocol):
    """Something that has begun. Times are the span's own business."""

    traceparent: str

    def end(self, status: int | None, *, failure: str | None) -> None:
        """Say how it ended: the HTTP status, if there was one, and in a word what went wrong, if anything."""


class Export(Protocol):
    """Where spans go. `parent` is a traceparent, or None for the beginning of a trace."""

    def request(self, method: str, route: str, parent: str | None) -> Span: ...

    def call(self, method: str, endpoint: str, parent: str | None) -> Span: ...

    def close(self) -> None: ...


# The process', like its metrics: a request to Webex does not know which application it is for.
_exports: list[Export] = []


def setup_spans(app: web.Application, otlp: OtlpAddress, *, service: str) -> None:
    """Export this application's spans while it runs, if OTEL_EXPORTER_OTLP_ENDPOINT says where to."""
    if not otlp.endpoint:
        return
    opened: Callable[..., Export] = import_module("common.telemetry.span_export").open_export

    async def exporting(_: web.Application) -> AsyncIterator[None]:
        export = opened(otlp, service=service)
        _exports.append(export)
        yield
        _exports.remove(export)
        await asyncio.to_thread(export.close)

    # First of all, so that it ends last: what the others do at their end has spans, too.
    app.cleanup_ctx.insert(0, exporting)
    app.middlewares.insert(0, _span_of_request)


def begin_call(method: str, endpoint: str) -> Span | None:
    """Begin the span of a request to Webex that the current request, if there is one, needs."""
    return _exports[-1].call(method, endpoint, trace.current_traceparent()) if _exports else None


@web.middleware
async def _span_of_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    route = route_of(request)
    if route in QUIET or not _exports:
        return await handler(request)
    method = request.method if request.method in METHODS else OTHER
    span = _exports[-1].request(method, route, trace.trace_of(request).traceparent)
    trace.within(span.traceparent)
    status: int | None = None
    try:
        answer = await handler(request)
        status = answer.status
    except web.HTTPException as redirect:
        status = redirect.status
        raise
    finally:
        span.end(status, failure=_failure(status))
    return answer


def _failure(status: int | None) -> str | None:
    """Only our own failures: what a client does wrong is no error of this service."""
    if status is None:
        return "cancelled"
    return str(status) if status >= 500 else None

"""Which request the running code works for: its id goes into log lines and along to the other service.

nginx makes the id (X-Request-Id). A W3C trace context that came along is passed on as it is, inside only:
Webex has no use for it, and it would tell a third party which requests belong together. What Webex
calls the request (`trackingid`) is logged beside ours instead.
Source: https://www.w3.org/TR/trace-context/
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING

import msgspec
from multidict import istr

if TYPE_CHECKING:  # gunicorn's master writes log lines, too, and needs no aiohttp
    from aiohttp import web

REQUEST_ID = re.compile(r"[0-9a-f]{32}")
TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
# The specification lets whoever receives a longer one drop it.
TRACESTATE = re.compile(r"[\x20-\x7e]{1,512}")

# Made once: each look into the headers with a plain string makes one of these.
X_REQUEST_ID = istr("X-Request-Id")
X_TRACEPARENT = istr("Traceparent")
X_TRACESTATE = istr("Tracestate")


class Trace(msgspec.Struct, frozen=True, gc=False):
    """Only what has the right form is in here; the rest of what came is dropped."""

    request_id: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None

    @property
    def trace_id(self) -> str | None:
        return self.traceparent.split("-")[1] if self.traceparent else None


NONE = Trace()
_current: ContextVar[Trace] = ContextVar("trace", default=NONE)
# Where spans are exported: our own span of this request, in the place of the one that came along.
_span: ContextVar[str | None] = ContextVar("span", default=None)


def trace_of(request: "web.BaseRequest") -> Trace:
    """Read what came with a request."""
    headers = request.headers
    request_id = _formed(REQUEST_ID, headers.get(X_REQUEST_ID))
    came = headers.get(X_TRACEPARENT)
    traceparent = _formed(TRACEPARENT, came) if came else None  # mostly there is none
    tracestate = _formed(TRACESTATE, headers.get(X_TRACESTATE)) if traceparent else None
    return Trace(request_id, _span.get() or traceparent, tracestate)


def begin(request: "web.BaseRequest") -> None:
    """From here on, this request's task and the tasks it starts work for it."""
    _current.set(trace_of(request))


def within(span: str) -> None:
    """From here on, this request's task works within a span of ours, given as a traceparent."""
    _span.set(span)


def current_or_of(request: "web.BaseRequest") -> Trace:
    """What was read when the request began; a request that could not be parsed never did."""
    return known_or_of(_current.get(), request)


def known_or_of(trace: Trace, request: "web.BaseRequest") -> Trace:
    """The trace, or what came with the request if nothing had read it."""
    return trace_of(request) if trace is NONE else trace


def current() -> Trace:
    """Which request the running code works for."""
    return _current.get()


def log_fields() -> Mapping[str, str | None]:
    """What a log line says of the current request."""
    trace = _current.get()
    return {"request_id": trace.request_id, "trace_id": trace.trace_id}


def current_traceparent() -> str | None:
    """Within which span the running code works, if there is one."""
    return _current.get().traceparent


def onward_headers() -> dict[str, str]:
    """Headers for a request to the other service."""
    trace = _current.get()
    headers = {
        "X-Request-Id": trace.request_id,
        "Traceparent": trace.traceparent,
        "Tracestate": trace.tracestate,
    }
    return {name: value for name, value in headers.items() if value}


def _formed(pattern: re.Pattern[str], value: str | None) -> str | None:
    return value if value and pattern.fullmatch(value) else None

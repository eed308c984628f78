"""What the sandbox writes: no code, token, state or e-mail address is ever in it."""

import logging
import sys

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

from webex_sandbox.calls import route_taken

ACCESS_LOG = "webex_sandbox.access"


def set_up(level: str) -> None:
    logging.basicConfig(
        stream=sys.stdout,
        level=level,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    # At debug level asyncio writes about its selector, which helps nobody here.
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    hide_raw_requests()


def hide_raw_requests() -> None:
    """Keep aiohttp from quoting a request that it cannot parse: its first line may hold a code."""
    logging.getLogger("aiohttp.server").addFilter(_without_raw_request)


def _without_raw_request(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.exc_info = record.exc_text = None
        record.msg, record.args = "A request could not be parsed: %s", (type(error).__name__,)
    return True


class AccessLogger(AbstractAccessLogger):
    """Writes method, route, status and milliseconds; never the address with its query."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        self.logger.info("%s %d %.1f ms", route_taken(request), response.status, time * 1000)

    @property
    def enabled(self) -> bool:
        return self.logger.isEnabledFor(logging.INFO)

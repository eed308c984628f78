"""Redirects, with headers that are put together once, as those of a page are (common.web.page)."""

import time
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.compression_utils import MAX_SYNC_CHUNK_SIZE
from aiohttp.hdrs import LOCATION
from multidict import CIMultiDict

from common.web.page import asked_plainly, http_date

# What redirects say by themselves; more than that is aiohttp's.
OWN = frozenset(("Location", "Set-Cookie", "Secure-Session-Registration"))
# What every answer gets, as it is written.
ADDED = web.AppKey("ADDED", str)


def added(headers: Mapping[str, str]) -> str:
    """Put together what every answer gets, for ADDED; raise ValueError for what redirects say themselves."""
    if not OWN.isdisjoint(headers):
        raise ValueError(headers)
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


class Redirect(web.Response):
    """Leads elsewhere (RFC 9110 section 15.4), and has no body; what is special, aiohttp answers as ever."""

    # As web.Response has them.
    _zlib_executor_size = MAX_SYNC_CHUNK_SIZE
    _zlib_executor = None

    def __init__(self, status: HTTPStatus, location: str) -> None:
        # web.Response first looks what kind of body it has.
        web.StreamResponse.__init__(
            self, status=status, _real_headers=CIMultiDict({LOCATION: location})
        )
        self._body = None

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write the whole answer at once, if nothing is special about it."""
        app = asked_plainly(request)
        head = self._head(app) if app is not None and self._is_as_made() else None
        if head is None:
            return await super().prepare(request)
        # What aiohttp notes of an answer that it has written.
        self._keep_alive = self._eof_sent = True
        await request.writer.write_eof(head)
        return request.writer

    def _is_as_made(self) -> bool:
        return (
            self.body is None
            and self._cookies is None
            and self._keep_alive is None
            and not (self.compression or self.chunked)
        )

    def _head(self, app: web.Application) -> bytes | None:
        """All of it; None if it says more than redirects do, or would break."""
        headers = self.headers
        if not OWN.issuperset(headers):
            return None
        own = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        if _breaks(own, len(headers)):
            return None
        begins = (
            f"HTTP/1.1 {self.status} {self.reason}\r\n{own}{app[ADDED]}Content-Length: 0\r\nDate: "
        )
        return b"%b%b\r\n\r\n" % (begins.encode(), http_date(int(time.time())))


def _breaks(lines: str, count: int) -> bool:
    """Whether a value has the end of a line in it, or a zero (RFC 9112 section 2.2); aiohttp says so."""
    return lines.count("\r") != count or lines.count("\n") != count or "\0" in lines

"""HTML as an answer, with headers that are the same for every page: they are put together once.

aiohttp makes the headers of each answer anew. For a page that is made already, that takes longer than all
that is done for it here.
"""

import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.compression_utils import MAX_SYNC_CHUNK_SIZE
from multidict import CIMultiDict

from common.sessions.cookies import EMBEDDED

# A page with a form must not forbid every Referer: its form would come from the origin null, as anybody's
# can (common.web.from_our_pages). To other sites this tells nothing either.
HTML = CIMultiDict(
    {"Content-Type": "text/html; charset=utf-8", "Referrer-Policy": "same-origin"},
)
# What stands before the length and the date.
PAGE_HEAD = web.AppKey("PAGE_HEAD", bytes)


def page_head(added: Mapping[str, str]) -> bytes:
    """The beginning of each page; `added` are the headers that every answer gets (RFC 9112 section 3)."""
    headers = CIMultiDict(HTML)
    headers.merge(added)
    lines = ("HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in headers.items()))
    return "\r\n".join(lines).encode("ascii")


class Page(web.Response):
    """HTML in UTF-8; what was changed about it, or is asked for in another way, aiohttp answers as ever."""

    # As web.Response has them.
    _zlib_executor_size = MAX_SYNC_CHUNK_SIZE
    _zlib_executor = None

    def __init__(self, body: bytes, *, status: int = 200) -> None:
        # web.Response first looks for what may be wrong with type, charset and text, for half as long as
        # the rest of a page takes here.
        web.StreamResponse.__init__(self, status=status, _real_headers=HTML.copy())
        self._body = body

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write the whole page at once, if nothing is special about it."""
        app, body = asked_plainly(request), self.body
        if app is None or not isinstance(body, bytes) or not self._is_as_made():
            return await super().prepare(request)
        # What aiohttp notes of an answer that it has written.
        self._keep_alive = self._eof_sent = True
        date = http_date(int(time.time()))
        await request.writer.write_eof(
            b"%b\r\nContent-Length: %d\r\nDate: %b\r\n\r\n%b"
            % (app[PAGE_HEAD], len(body), date, body)
        )
        return request.writer

    def _is_as_made(self) -> bool:
        return (
            self.status == 200
            and self._cookies is None
            and self._keep_alive is None
            and not (self.compression or self.chunked)
            and self.headers == HTML
        )


def asked_plainly(request: web.BaseRequest) -> web.Application | None:
    """Who was asked, if the answer is whole, has the usual headers, and leaves the connection open."""
    if (
        not isinstance(request, web.Request)
        or request.method != "GET"
        or request.version != HttpVersion11
        or not request.keep_alive
        or request.path.startswith(EMBEDDED)
    ):
        return None
    app = request.app  # once: aiohttp looks for it each time
    # Whoever adds headers of their own to every answer adds them to these, too.
    return app if len(app.on_response_prepare) == 1 else None


@lru_cache(maxsize=1)
def http_date(now: int) -> bytes:
    """As a header has it; `now` is in Unix seconds."""
    return formatdate(now, usegmt=True).encode("ascii")

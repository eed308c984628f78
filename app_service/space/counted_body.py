"""How much of a body has been read: where a part of a form begins is not said by any field of it."""

from typing import Any, cast

from aiohttp import MultipartReader, StreamReader, web


class CountedBody:
    """Stands before a request's body and counts the bytes that are taken from it, less those put back."""

    def __init__(self, body: StreamReader) -> None:
        self._body = body
        self.size = 0

    async def read(self, n: int = -1) -> bytes:
        return self._counted(await self._body.read(n))

    async def readline(self, **limits: Any) -> bytes:
        return self._counted(await self._body.readline(**limits))

    def unread_data(self, data: bytes) -> None:
        self.size -= len(data)
        self._body.unread_data(data)

    def at_eof(self) -> bool:
        return self._body.at_eof()

    def _counted(self, data: bytes) -> bytes:
        self.size += len(data)
        return data

    def rest_of(self, request: web.Request, reader: MultipartReader) -> int | None:
        """How long the part is that has just begun, if it is the last one; None if nobody can tell.

        What follows it is the closing delimiter (RFC 2046 section 5.1.1): two line breaks, four hyphens
        and the boundary.
        """
        length = request.content_length
        if length is None:
            return None
        boundary = reader.headers["Content-Type"].partition("boundary=")[2].partition(";")[0]
        return length - self.size - len(boundary.strip().strip('"')) - 8


def counted_form(request: web.Request, most_bytes: int) -> tuple[MultipartReader, CountedBody]:
    """Read a request's form, and know how much of it has been read; raise ValueError for what is none.

    A part that is read whole has at most `most_bytes`; for a larger one the reader raises
    HTTPRequestEntityTooLarge.
    """
    counted = CountedBody(request.content)
    body = cast("StreamReader", counted)
    too_large = web.HTTPRequestEntityTooLarge
    return MultipartReader(
        request.headers, body, client_max_size=most_bytes, max_size_error_cls=too_large
    ), counted

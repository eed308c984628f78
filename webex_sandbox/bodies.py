"""What stands in a request's body: a JSON object as a struct, or a form."""

from collections.abc import AsyncIterator
from typing import Any, TypeVar

import msgspec
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_request import FileField
from multidict import MultiDictProxy

from webex_sandbox.errors import WebexError

FormFields = MultiDictProxy[str | bytes | bytearray | FileField]
Body = TypeVar("Body", bound=msgspec.Struct)


class Switch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A body of /_sandbox: a misspelt field must not be silently off."""


class NothingElse(Switch):
    """A body without fields."""


async def read_body(request: web.Request, kind: type[Body]) -> Body:
    """Read the body as an object of `kind`; a field that is null counts as left out.

    Raises:
        WebexError: 415 unless it is declared as JSON, which also keeps other sites' forms out;
            400 unless it is such an object.

    """
    if request.content_type != "application/json":
        raise WebexError(415, "The content type must be application/json.")
    try:
        fields = msgspec.json.decode(await request.read() or b"{}")
    except (ValueError, RecursionError):
        raise WebexError(400, "The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise WebexError(400, "The body must be a JSON object.")
    return as_body(fields, kind)


def as_body(fields: dict[str, Any], kind: type[Body]) -> Body:
    """Make the object of fields.

    Raises:
        WebexError: 400 for a field of another type or an unlikely value, with its name.

    """
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as problem:
        raise WebexError(400, f"The body cannot be used: {problem}.") from None


async def read_parts(request: web.Request) -> AsyncIterator[tuple[BodyPartReader, bytes]]:
    """Read the parts of a multipart/form-data body.

    Raises:
        HTTPBadRequest: for what is none, or breaks off.
        HTTPRequestEntityTooLarge: for more than the request's `client_max_size`.

    """
    most, read = request.client_max_size, 0
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise web.HTTPBadRequest
            data = bytes(await part.read())
            read += len(data)
            if read > most:
                raise web.HTTPRequestEntityTooLarge(most)
            yield part, data
    except (ValueError, LookupError, RuntimeError, ConnectionError, HttpProcessingError):
        raise web.HTTPBadRequest from None


async def read_form(request: web.Request) -> FormFields:
    """Read it; raise HTTPBadRequest for what is none, such as bytes that are not in its charset."""
    try:
        return await request.post()
    except (ValueError, LookupError):
        raise web.HTTPBadRequest from None

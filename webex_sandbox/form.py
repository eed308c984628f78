"""The form in a request's body."""

from aiohttp import web
from aiohttp.web_request import FileField
from multidict import MultiDictProxy

FormFields = MultiDictProxy[str | bytes | bytearray | FileField]


async def read_form(request: web.Request) -> FormFields:
    """Read it; raise HTTPBadRequest for what is none, such as bytes that are not in its charset."""
    try:
        return await request.post()
    except (ValueError, LookupError):
        raise web.HTTPBadRequest from None

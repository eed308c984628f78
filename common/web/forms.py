"""Forms of our pages: one kind only, so that nobody chooses how much of a parser meets what they send."""

from collections.abc import Mapping

from aiohttp import web

KIND = "application/x-www-form-urlencoded"


class FormUnreadable(ValueError):
    """The body is no form of ours."""


async def form_of(request: web.Request) -> Mapping[str, object]:
    """The fields of a form; raise FormUnreadable."""
    if request.content_type != KIND:
        raise FormUnreadable
    try:
        return await request.post()
    except (ValueError, LookupError):  # bytes that are not in its charset, or no such charset
        raise FormUnreadable from None

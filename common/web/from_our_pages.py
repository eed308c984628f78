"""Whether a request that changes something comes from our own pages.

The session cookie is SameSite=Lax, so a cross-site POST arrives without it; this is the second lock.
"""

from collections.abc import Mapping

from aiohttp import web

KIND = "application/x-www-form-urlencoded"


def is_cross_site(request: web.BaseRequest, public_url: str) -> bool:
    """Judge by Fetch Metadata (W3C), else by Origin; a client that sends neither is no browser.

    Our pages send `Origin: null` under Referrer-Policy: no-referrer, so null says nothing.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    return request.headers.get("Origin", "null") not in ("null", public_url)


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

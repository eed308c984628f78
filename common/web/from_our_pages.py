"""Whether a request that changes something comes from our own pages.

The session cookie is SameSite=Lax, so a cross-site POST arrives without it; this is the second lock, and
the only one against a sibling host, whose requests are of the same site.
"""

from collections.abc import Mapping
from functools import lru_cache

from aiohttp import web
from yarl import URL

KIND = "application/x-www-form-urlencoded"


def is_cross_site(request: web.BaseRequest, public_url: str) -> bool:
    """Judge by Fetch Metadata (W3C), else by Origin; a client that sends neither is no browser of today.

    Browsers send Fetch Metadata to https and, most of them, to localhost. Those that do not send the Origin
    of a form, which is null for a page under Referrer-Policy: no-referrer. Our pages with forms have another
    policy (common.web.templating), so null is never ours (Fetch, "append a request Origin header").
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    return request.headers.get("Origin", _origin(public_url)) != _origin(public_url)


@lru_cache
def _origin(public_url: str) -> str:
    """As a browser writes it: without a port that the scheme has anyway."""
    return str(URL(public_url).origin())


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

"""Whether a request that changes something comes from our own pages.

The session cookie is SameSite=Lax, so a cross-site POST arrives without it; this is the second lock.
"""

from aiohttp import web


def is_cross_site(request: web.BaseRequest, public_url: str) -> bool:
    """Judge by Fetch Metadata (W3C), else by Origin; a client that sends neither is no browser.

    Our pages send `Origin: null` under Referrer-Policy: no-referrer, so null says nothing.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    return request.headers.get("Origin", "null") not in ("null", public_url)

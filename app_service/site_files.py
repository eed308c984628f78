"""GET /site/NAME: the logo and the colours of the settings, which both services' pages name by their hash."""

from aiohttp import web

from common.failures import not_found
from common.web.app import SITE_LOOK

HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # An SVG that is opened by itself is a page, and must not be able to do anything.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}


async def site_file(request: web.Request) -> web.Response:
    """One of the files of this site's look; whatever belongs to another one is not found."""
    file = request.app[SITE_LOOK].file(request.match_info["name"])
    if file is None:
        raise not_found()
    headers = {**HEADERS, "Content-Type": file.content_type}
    return web.Response(body=file.content, headers=headers)

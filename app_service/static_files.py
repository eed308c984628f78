"""Static files of this release, for an nginx that has those of another one: in the middle of an update."""

from aiohttp import web

from common.web.assets_key import ASSETS

NEVER_AGAIN = "public, max-age=31536000, immutable"


async def static_file(request: web.Request) -> web.FileResponse:
    """GET /static/NAME: the file with this hash in its name, or 404."""
    file = request.app[ASSETS].file(request.match_info["path"])
    if file is None:
        raise web.HTTPNotFound
    return web.FileResponse(file, headers={"Cache-Control": NEVER_AGAIN})

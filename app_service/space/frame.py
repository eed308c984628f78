"""A space in a frame of somebody else's page: the same page and API below /embed/, with its own session.

Nothing in it leads to a page that a frame does not show. Whose pages may is EMBED_ORIGINS; docs/embedding.md
has the whole of it.
"""

from functools import cache, wraps
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from app_service.settings_key import SETTINGS
from app_service.space import failures as space_failures
from app_service.space import page
from app_service.space.guard import is_id
from app_service.space.place import WIDGET, place_of
from app_service.visitor.permission import FOR_WIDGET, missing
from app_service.visitor.signed_in import signed_in_or_none
from common.failures import HERE_AGAIN, Failure, embedding_off, not_signed_in
from common.web.templating import render_page

SCRIPT = Path(__file__).parents[1] / "static" / "embed.js"
SCRIPT_SECONDS = 300
# A page with an embedder policy of its own shows, and runs, nothing from elsewhere without (HTML, "COEP").
FOR_ANY_PAGE = {"Cross-Origin-Resource-Policy": "cross-origin"}


async def script(request: web.Request) -> web.Response:
    """GET /embed.js: for other sites' pages; it puts a frame in its place."""
    _offered(request)
    headers = FOR_ANY_PAGE | {"Cache-Control": f"max-age={SCRIPT_SECONDS}"}
    return web.Response(text=_script(), content_type="text/javascript", headers=headers)


async def widget(request: web.Request) -> web.Response:
    """GET /embed/widget, GET /embed/spaces/ID: the conversation, or the way to the window to sign in.

    `?space=ID` on the first leads to the second.
    """
    space = request.query.get("space")
    if space is not None:
        if not is_id(space):
            raise space_failures.no_such_space()
        raise web.HTTPSeeOther(place_of(space).page)
    visitor = await signed_in_or_none(request)
    if visitor is None or missing(visitor, FOR_WIDGET, request.app[SETTINGS].scopes_max):
        response = _sign_in(request)
    else:
        response = await page.widget(request)
    response.headers.update(FOR_ANY_PAGE)
    return response


def in_a_frame(handler: Handler) -> Handler:
    """The handler for addresses below /embed/: what would lead out of the frame stays in it."""

    @wraps(handler)
    async def inside(request: web.Request) -> web.StreamResponse:
        _offered(request)
        try:
            return await handler(request)
        except web.HTTPSeeOther as elsewhere:
            path = _framed(str(elsewhere.location))
            if path is None:
                raise not_signed_in() from None
            raise web.HTTPSeeOther(path) from None
        except Failure as failure:
            label, path = failure.way_on
            framed = _framed(path)
            failure.way_on = (label, framed) if framed else HERE_AGAIN
            raise

    return inside


def _offered(request: web.Request) -> None:
    if not request.app[SETTINGS].embed_origins:
        raise embedding_off()


def _sign_in(request: web.Request) -> web.Response:
    scopes = urlencode({"scope": " ".join(FOR_WIDGET)})
    return render_page(request, "embed_sign_in.html", {"sign_in": f"/embed/sign-in?{scopes}"})


def _framed(path: str) -> str | None:
    """The same page in a frame; None for one that is not shown there."""
    shown = path.startswith("/spaces/") or path.partition("?")[0].partition("#")[0] == WIDGET.page
    return f"/embed{path}" if shown else None


@cache
def _script() -> str:
    return SCRIPT.read_text(encoding="utf-8")

"""HTTP in, HTTP out for Cisco's own Space widget: opt-in, on one page, with a policy of its own.

It needs the person's access token in the browser. The token is fetched after a click, by a POST that
only our own page can make; it is in no page's HTML and in no address.
"""

from functools import cache

from aiohttp import web

from app_service.openapi import operation
from app_service.settings_key import SETTINGS
from app_service.space import failures as space_failures
from app_service.space import official_widget
from app_service.space.guard import ours_only
from app_service.space.shapes import FAILS, AccessToken
from app_service.visitor.permission import (
    FOR_OFFICIAL_WIDGET,
    missing,
    not_granted,
    permission_page,
)
from app_service.visitor.signed_in import signed_in
from app_service.visitor.with_token import WITH_TOKEN
from common.failures import Misconfigured
from common.web.assets import Assets
from common.web.templating import render_page

WHY = "This page runs Cisco's own Space widget, which acts in your name in all of Webex."


async def page(request: web.Request) -> web.Response:
    """GET /widget/official: explains the widget; starts nothing."""
    visitor = await signed_in(request)
    settings = request.app[SETTINGS]
    if not settings.official_widget:
        raise switched_off()
    if settings.webex.sandbox:
        return render_page(request, "official_sandbox.html", {})
    if settings.space_id is None:
        raise space_failures.no_space()
    ask = permission_page(
        request, visitor, FOR_OFFICIAL_WIDGET, title="Cisco's Space widget", why=WHY
    )
    if ask is not None:
        return ask
    context = {"widget": official_widget, "space_id": settings.space_id, "integrity": _integrity()}
    response = render_page(request, "official.html", context)
    response.headers["Integrity-Policy"] = official_widget.INTEGRITY_POLICY
    response.headers["Content-Security-Policy"] = official_widget.content_security_policy()
    return response


@cache
def _integrity() -> str:
    return Assets().integrity("official.js")


@operation(gives=AccessToken, headers=("X-Requested-With",), fails=(403, *FAILS))
async def token(request: web.Request) -> web.Response:
    """POST /api/widget/token: the person's access token, for Cisco's widget on our page."""
    visitor = await ours_only(request)
    settings = request.app[SETTINGS]
    if not settings.official_widget or settings.webex.sandbox:
        raise switched_off()
    scopes = missing(visitor, FOR_OFFICIAL_WIDGET, settings.scopes_max)
    if scopes:
        raise not_granted(scopes)
    access_token = await request.app[WITH_TOKEN].call(visitor, _itself)
    return web.json_response({"accessToken": access_token}, headers={"Cache-Control": "no-store"})


async def _itself(access_token: str) -> str:
    return access_token


def switched_off() -> Misconfigured:
    return Misconfigured(
        title="Cisco's Space widget is switched off",
        what_happened="OFFICIAL_WIDGET is off, which is how it starts.",
        what_to_check=(
            "The widget needs a token for all of Webex (spark:all) in the browser. If that is wanted:",
            "set OFFICIAL_WIDGET=on, add spark:all and spark:kms to SCOPES_MAX, and restart;",
            "register both scopes for the integration at developer.webex.com.",
            "It runs with the real Webex only: the sandbox cannot stand in for Cisco's servers.",
        ),
        status=404,
        slug="official_widget_off",
        way_on=("The space without it", "/widget"),
    )

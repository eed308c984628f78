"""The sandbox's own pages: what it is, and whether it is alive."""

from aiohttp import web

from webex_sandbox import description
from webex_sandbox.control.manual import addresses, switches
from webex_sandbox.pages import STATIC, page
from webex_sandbox.people import DEMO_PEOPLE, ORGANIZATIONS
from webex_sandbox.scopes import DESCRIPTIONS, REGISTERED_SCOPES
from webex_sandbox.settings import SETTINGS
from webex_sandbox.sign_in.integrations import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, INTEGRATIONS
from webex_sandbox.space.bot import DEMO_BOT_TOKEN
from webex_sandbox.space.demo import DEMO_SPACE_ID


async def home(request: web.Request) -> web.Response:
    demo = request.app[INTEGRATIONS].find(DEMO_CLIENT_ID)
    context = {
        "url": request.app[SETTINGS].url,
        "people": DEMO_PEOPLE,
        "organizations": ORGANIZATIONS.items(),
        "client_id": DEMO_CLIENT_ID,
        "client_secret": DEMO_CLIENT_SECRET,
        "redirect_uris": demo.redirect_uris if demo else (),
        "scopes": " ".join(scope for scope in DESCRIPTIONS if scope in REGISTERED_SCOPES),
        "bot_token": DEMO_BOT_TOKEN,
        "space_id": DEMO_SPACE_ID,
        "described": description.CHANGED,
        "checksum": description.SHA256,
        "addresses": addresses(request.app),
        "switches": switches(request.app),
    }
    return page(request, "home.html", context)


async def style_sheet(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "sandbox.css", headers={"Cache-Control": "no-cache"})


async def icon(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "sandbox.svg", headers={"Cache-Control": "no-cache"})


async def healthz(_request: web.Request) -> web.Response:
    return web.Response(text="ok")

"""aiohttp-session with Redis as its README shows it; the OAuth client is written by hand."""

import base64
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from html import escape

import aiohttp
from aiohttp import web
from aiohttp_session import get_session, new_session, setup
from aiohttp_session.redis_storage import RedisStorage
from redis.asyncio import Redis
from yarl import URL

SESSION_SECONDS = 8 * 3600
WEBEX = os.environ["WEBEX_URL"]
HTTP = web.AppKey("HTTP", aiohttp.ClientSession)


async def home(request: web.Request) -> web.Response:
    session = await get_session(request)
    name = session.get("name")
    if name is None:
        text = '<!doctype html><title>Welcome</title><a href="/login">Start OAuth flow</a>'
    else:
        text = f"<!doctype html><title>Welcome</title><h1>So happy to meet, {escape(name)} !</h1>"
    return web.Response(text=text, content_type="text/html")


async def login(request: web.Request) -> web.Response:
    session = await new_session(request)
    session["state"], session["verifier"] = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    digest = hashlib.sha256(session["verifier"].encode()).digest()
    query = {
        "response_type": "code",
        "client_id": os.environ["CLIENT_ID"],
        "redirect_uri": os.environ["REDIRECT_URI"],
        "scope": "spark:people_read",
        "state": session["state"],
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    # Not raised: the session is written for answers only.
    return web.Response(status=302, headers={"Location": str(URL(f"{WEBEX}/authorize") % query)})


async def callback(request: web.Request) -> web.Response:
    pending = await get_session(request)
    if not secrets.compare_digest(request.query.get("state", ""), pending.get("state", "-")):
        raise web.HTTPBadRequest(text="The sign-in failed.")
    form = {
        "grant_type": "authorization_code",
        "code": request.query["code"],
        "redirect_uri": os.environ["REDIRECT_URI"],
        "client_id": os.environ["CLIENT_ID"],
        "client_secret": os.environ["CLIENT_SECRET"],
        "code_verifier": pending["verifier"],
    }
    http = request.app[HTTP]
    async with http.post(f"{WEBEX}/access_token", data=form, raise_for_status=True) as answer:
        token = await answer.json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    async with http.get(f"{WEBEX}/people/me", headers=bearer, raise_for_status=True) as answer:
        person = await answer.json()
    session = await new_session(request)
    session["name"], session["token"] = person["displayName"], token
    return web.Response(status=303, headers={"Location": "/"})


async def client(app: web.Application) -> AsyncIterator[None]:
    async with aiohttp.ClientSession() as app[HTTP]:
        yield


async def create_app() -> web.Application:
    app = web.Application()
    setup(app, RedisStorage(Redis.from_url(os.environ["REDIS_URL"]), max_age=SESSION_SECONDS))
    app.cleanup_ctx.append(client)
    app.add_routes(
        [web.get("/", home), web.get("/login", login), web.get("/oauth", callback)],
    )
    return app

"""Starlette, Authlib (PKCE and state) and starsessions with Redis, as their READMEs show them."""

import os
from contextvars import ContextVar
from html import escape
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starsessions import SessionAutoloadMiddleware, SessionMiddleware
from starsessions.session import regenerate_session_id
from starsessions.stores.redis import RedisStore

SESSION_SECONDS = 8 * 3600

current: ContextVar[Request] = ContextVar("current")


async def keep(
    _name: str, token: Any, refresh_token: str | None = None, access_token: str | None = None
) -> None:
    """Authlib's hook for a refreshed token; called with the token that it replaces."""
    if refresh_token or access_token:
        current.get().session["token"] = dict(token)


oauth = OAuth(update_token=keep)
oauth.register(
    name="webex",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    authorize_url=f"{os.environ['WEBEX_URL']}/authorize",
    access_token_url=f"{os.environ['WEBEX_URL']}/access_token",
    api_base_url=f"{os.environ['WEBEX_URL']}/",
    client_kwargs={
        "scope": "spark:people_read",
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": "client_secret_post",
    },
)


async def home(request: Request) -> Response:
    name = request.session.get("name")
    if name is None:
        return HTMLResponse(
            '<!doctype html><title>Welcome</title><a href="/login">Start OAuth flow</a>'
        )
    return HTMLResponse(
        f"<!doctype html><title>Welcome</title><h1>So happy to meet, {escape(name)} !</h1>"
    )


async def login(request: Request) -> Response:
    answer: Response = await oauth.webex.authorize_redirect(request, os.environ["REDIRECT_URI"])
    return answer


async def callback(request: Request) -> Response:
    try:
        token = await oauth.webex.authorize_access_token(request)
    except OAuthError as error:
        return HTMLResponse(f"The sign-in failed: {escape(error.error)}", status_code=401)
    current.set(request)
    person = (await oauth.webex.get("people/me", token=token)).json()
    regenerate_session_id(request)
    request.session.update(name=person["displayName"], token=dict(token))
    return RedirectResponse("/", status_code=303)


async def me(request: Request) -> Response:
    """What Webex says of the person. Authlib refreshes an expired token and calls keep."""
    token = request.session.get("token")
    if token is None:
        return JSONResponse({"error": "not signed in"}, status_code=401)

    current.set(request)
    answer = await oauth.webex.get("people/me", token=token)
    return JSONResponse(answer.json(), status_code=answer.status_code)


app = Starlette(
    routes=[
        Route("/", home),
        Route("/login", login),
        Route("/oauth", callback),
        Route("/api/me", me),
    ],
    middleware=[
        Middleware(
            SessionMiddleware,
            store=RedisStore(
                connection=Redis.from_url(os.environ["REDIS_URL"]), prefix="starlette:"
            ),
            lifetime=SESSION_SECONDS,
            cookie_https_only=False,
        ),
        Middleware(SessionAutoloadMiddleware),
    ],
)

"""The end of docs/your-own-logic.md: not a test of the project, but of a copy of it.

See test_your_own_logic. The provider answers at Keycloak's addresses what RFC 6749, RFC 7009, RFC 7636 and
OpenID Connect Core 1.0 ask for, and nothing of Webex's.
"""

import base64
import secrets
from collections.abc import AsyncIterator
from hashlib import sha256
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from harness.browser_like import Browser
from tests.conftest import MakeSite

REALM = "/realms/demo/protocol/openid-connect"
CLAIMS = {
    "sub": "9d1f",
    "name": "Mary Somerville",
    "email": "mary@example.com",
    "email_verified": True,
}
CLIENT = {"client_id": "demo", "client_secret": "insecure-client-secret"}


class Provider:
    """One client, one person, who is signed in and agrees."""

    def __init__(self) -> None:
        self.scopes: list[str] = []
        self.tokens: set[str] = set()
        self.revoked: set[str] = set()
        self._challenges: dict[str, str] = {}
        self.app = web.Application()
        self.app.router.add_get(f"{REALM}/auth", self._authorize)
        self.app.router.add_post(f"{REALM}/token", self._token)
        self.app.router.add_get(f"{REALM}/userinfo", self._userinfo)
        self.app.router.add_post(f"{REALM}/revoke", self._revoke)

    async def _authorize(self, request: web.Request) -> web.Response:
        code = secrets.token_urlsafe()
        self._challenges[code] = request.query["code_challenge"]
        self.scopes.append(request.query["scope"])
        back = {"code": code, "state": request.query["state"], "session_state": "1"}
        raise web.HTTPFound(f"{request.query['redirect_uri']}?{urlencode(back)}")

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        verifier = str(form["code_verifier"]).encode()
        challenge = base64.urlsafe_b64encode(sha256(verifier).digest()).decode().rstrip("=")
        known = {name: form[name] for name in CLIENT}
        if known != CLIENT or self._challenges.pop(str(form["code"]), None) != challenge:
            return web.json_response({"error": "invalid_grant"}, status=400)
        access_token, refresh_token = secrets.token_urlsafe(), secrets.token_urlsafe()
        self.tokens |= {access_token, refresh_token}
        return web.json_response(
            {
                "access_token": access_token,
                "refresh_token": refresh_token,
                "expires_in": 300,
                "token_type": "Bearer",
                "scope": "openid email profile",
            }
        )

    async def _userinfo(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.tokens:
            raise web.HTTPUnauthorized
        return web.json_response(CLAIMS)

    async def _revoke(self, request: web.Request) -> web.Response:
        self.revoked.add(str((await request.post())["token"]))
        return web.Response()


@pytest.fixture
async def provider() -> AsyncIterator[tuple[Provider, str]]:
    provider = Provider()
    async with TestServer(provider.app) as server:
        yield provider, str(server.make_url(REALM))


@pytest.fixture
async def browser(make_site: MakeSite, provider: tuple[Provider, str]) -> Browser:
    _, url = provider
    site = await make_site(
        CLIENT_ID=CLIENT["client_id"],
        CLIENT_SECRET=CLIENT["client_secret"],
        SCOPES="openid profile email",
        SCOPES_MAX="openid profile email",
        WEBEX_API_URL=url,
        WEBEX_REVOKE_URL=f"{url}/revoke",
    )
    return await site.browser()


async def sign_in(browser: Browser) -> None:
    """Go through the provider, which asks nothing."""
    start = await browser.start()
    async with (
        aiohttp.ClientSession() as http,
        http.get(start.location, allow_redirects=False) as answer,
    ):
        callback = answer.headers["Location"].removeprefix(browser.public_url)
    assert (await browser.get(callback)).status == 303


async def test_people_are_greeted_by_the_name_that_the_provider_tells(
    browser: Browser, provider: tuple[Provider, str]
) -> None:
    await sign_in(browser)
    greeting = (await browser.get("/")).page
    assert greeting.heading == "So happy to meet, Mary Somerville !"
    assert "mary@example.com" in greeting.text
    assert provider[0].scopes == ["openid profile email"]


async def test_signing_out_revokes_both_tokens_at_the_provider(
    browser: Browser, provider: tuple[Provider, str]
) -> None:
    await sign_in(browser)
    await browser.post("/logout")
    assert provider[0].revoked == provider[0].tokens

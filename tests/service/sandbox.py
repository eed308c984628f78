"""A sandbox on a real loopback port, and an integration that talks to it."""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
from aiohttp import web
from aiohttp.test_utils import unused_port

from harness.person import consent
from webex_sandbox.app import create_app
from webex_sandbox.logs import AccessLogger
from webex_sandbox.settings import Settings
from webex_sandbox.sign_in.integrations import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET

REDIRECT_URI = "http://localhost:8080/oauth"
STATE = "state 1/ä"
VERIFIER = "a-code-verifier-that-is-long-enough-for-rfc-7636"


def challenge_of(verifier: str) -> str:
    """Source: RFC 7636 section 4.2."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


CHALLENGE = challenge_of(VERIFIER)
ALL_SCOPES = "spark:all spark:kms"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    data: Any = None
    """The parsed body, if it is JSON."""

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Sandbox:
    """The sandbox as one browser (`http` keeps its cookies) and one integration see it."""

    url: str
    http: aiohttp.ClientSession

    async def request(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Answer:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.request(
            method,
            path if path.startswith("http") else self.url + path,
            headers={**bearer, **(headers or {})},
            allow_redirects=False,
            **body,
        ) as answer:
            content = await answer.read()
            data = await answer.json() if "json" in answer.content_type and content else None
            return Answer(answer.status, answer.headers, content, data)

    async def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = await self.request(method, f"/_sandbox{path}", json=body or {})
        assert answer.status < 300, answer.text
        return answer.data

    def authorize_url(self, **changed: str | None) -> str:
        """Give the address of an authorization request; None leaves a parameter out."""
        parameters = {
            "response_type": "code",
            "client_id": DEMO_CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "scope": "spark:people_read",
            "state": STATE,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changed,
        }
        return f"{self.url}/v1/authorize?{urlencode({k: v for k, v in parameters.items() if v})}"

    async def callback(
        self, email: str = "ada@example.com", **changed: str | None
    ) -> dict[str, str]:
        """Walk the pages and accept; give the parameters that the callback gets."""
        location = await consent(self.http, self.authorize_url(**changed), email)
        return parameters_of(location)

    async def redeem(self, code: str | None, **changed: str | None) -> Answer:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "client_id": DEMO_CLIENT_ID,
            "client_secret": DEMO_CLIENT_SECRET,
            "code_verifier": VERIFIER,
            **changed,
        }
        return await self.token_request(form)

    async def refresh(self, refresh_token: str | None, **changed: str | None) -> Answer:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": DEMO_CLIENT_ID,
            "client_secret": DEMO_CLIENT_SECRET,
            **changed,
        }
        return await self.token_request(form)

    async def token_request(self, form: Mapping[str, str | None]) -> Answer:
        data = {name: value for name, value in form.items() if value is not None}
        return await self.request("POST", "/v1/access_token", data=data)

    async def revoke(
        self, token: str, client_id: str = DEMO_CLIENT_ID, secret: str = DEMO_CLIENT_SECRET
    ) -> Answer:
        headers = {"Authorization": aiohttp.encode_basic_auth(client_id, secret)}
        data = {"token": token, "token_type_hint": "access_token"}
        return await self.request("POST", "/idb/oauth2/v1/revoke", headers=headers, data=data)

    async def sign_in(
        self, email: str = "ada@example.com", scope: str = "spark:people_read", **changed: str
    ) -> dict[str, Any]:
        """Sign in; give the token answer."""
        callback = await self.callback(email, scope=scope, **changed)
        answer = await self.redeem(callback["code"])
        assert answer.status == 200, answer.text
        tokens: dict[str, Any] = answer.data
        return tokens

    async def token_of(self, email: str, scope: str = ALL_SCOPES) -> str:
        """Give an access token without the pages."""
        body = {"email": email, "scopes": scope.split()}
        tokens = await self.control("POST", "/tokens", body)
        return str(tokens["access_token"])


@asynccontextmanager
async def running_sandbox() -> AsyncIterator[Sandbox]:
    # The sandbox must know its address before it starts, as it does in life.
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    # Not aiohttp's TestServer: that cancels a handler whose client has left, and life does not.
    app = create_app(Settings(url=url, internal_url=url))
    runner = web.AppRunner(app, access_log_class=AccessLogger, shutdown_timeout=0.1)
    await runner.setup()
    jar = aiohttp.CookieJar(unsafe=True)
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            yield Sandbox(url, http)
    finally:
        await runner.cleanup()


def assert_webex_error(answer: Answer, status: int) -> None:
    """The shape is Webex's, and the header names the same tracking id as the body."""
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert set(answer.data) == {"message", "errors", "trackingId"}
    assert answer.data["message"]
    assert answer.data["errors"] == [{"description": answer.data["message"]}]
    assert answer.data["trackingId"] == answer.headers["trackingid"]


def parameters_of(location: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}

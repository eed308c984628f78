"""The whole site in this process: sandbox, both services (as many replicas as wanted), and a door.

Real sockets on free loopback ports, the services' own composition roots, settings read from an
environment as in production; only nginx is played, by `Site.route`.
"""

import itertools
import logging
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

import app_service.app
import app_service.settings
import auth_service.app
import auth_service.settings
import webex_sandbox.app
import webex_sandbox.logs
import webex_sandbox.settings
from common.web.runner import runner
from harness.browser_like import Browser
from harness.redis_server import PASSWORD, RedisServer
from harness.sandbox_control import SandboxControl

PUBLIC_URL = "http://localhost:8080"
SESSION_KEY = "insecure-key-of-the-tests-only-0123456789"
HTTPS = {
    "PUBLIC_URL": "https://greetings.example",
    "SESSION_KEYS": "key-of-an-https-site-in-the-tests-0123456789",
}
FOR_AUTH = (
    *("/login", "/oauth", "/logout", "/landing", "/sessions", "/binding"),
    *("/embed/sign-in", "/embed/confirm", "/embed/session", "/embed/logout"),
)


@dataclass
class Site:
    """A running site. `environment` is what its services were started with."""

    public_url: str
    sandbox: SandboxControl
    environment: Mapping[str, str] = field(repr=False)
    auth_urls: list[str]
    app_urls: list[str]

    def __post_init__(self) -> None:
        self._auth: Iterator[str] = itertools.cycle(self.auth_urls)
        self._app: Iterator[str] = itertools.cycle(self.app_urls)
        self._browsers = AsyncExitStack()

    def route(self, path: str) -> str:
        """Choose the service as nginx does, and its replicas in turn."""
        for_auth = any(path.partition("?")[0] == p or path.startswith(f"{p}/") for p in FOR_AUTH)
        return next(self._auth if for_auth else self._app)

    async def browser(self) -> Browser:
        """Open another browser; it is closed with the site."""
        return await self._browsers.enter_async_context(Browser(self.public_url, self.route))

    async def close(self) -> None:
        await self._browsers.aclose()


@asynccontextmanager
async def run_site(
    redis: RedisServer, *, replicas: int = 1, **environment: str
) -> AsyncIterator[Site]:
    """Run a site; `environment` is added to what it needs anyway, an empty value takes away."""
    async with AsyncExitStack() as stack:
        public_url = environment.get("PUBLIC_URL", PUBLIC_URL)
        sandbox_url = await _sandbox(stack, public_url)
        shared = {
            "PUBLIC_URL": public_url,
            "SESSION_KEYS": SESSION_KEY,
            "REDIS_URL": redis.url,
            "REDIS_PASSWORD": PASSWORD,
            "SANDBOX_URL": sandbox_url,
            **environment,
        }
        if public_url.startswith("https://"):
            shared |= await _as_real_webex(sandbox_url, public_url)
        auth_urls = [await _auth(stack, shared) for _ in range(replicas)]
        app_urls = [await _app(stack, shared, auth_url) for auth_url in auth_urls]
        site = Site(public_url, SandboxControl(sandbox_url), shared, auth_urls, app_urls)
        stack.push_async_callback(site.close)
        yield site


async def _sandbox(stack: AsyncExitStack, public_url: str) -> str:
    """Start the sandbox; behind an https site it plays the real Webex, so it hears of an http one."""
    sock, url = _free_port()
    known_as = public_url if public_url.startswith("http://") else PUBLIC_URL
    settings = webex_sandbox.settings.Settings.from_environ(
        {"PUBLIC_URL": known_as, "SANDBOX_URL": url}
    )
    running = web.AppRunner(
        webex_sandbox.app.create_app(settings),
        shutdown_timeout=0.1,
        access_log_class=webex_sandbox.logs.AccessLogger,
        access_log=logging.getLogger(webex_sandbox.logs.ACCESS_LOG),
    )
    await _serve(stack, running, sock)
    return url


async def _as_real_webex(sandbox_url: str, public_url: str) -> dict[str, str]:
    """Settings for an https site, which does not take the sandbox for what it is."""
    client = {"client_id": "insecure-client", "client_secret": "insecure-client-secret"}
    await SandboxControl(sandbox_url).register(**client, redirect_uris=[f"{public_url}/oauth"])
    return {
        "SANDBOX_URL": "",
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client["client_secret"],
        "WEBEX_API_URL": f"{sandbox_url}/v1",
        "WEBEX_REVOKE_URL": f"{sandbox_url}/idb/oauth2/v1/revoke",
    }


async def _auth(stack: AsyncExitStack, shared: Mapping[str, str]) -> str:
    sock, url = _free_port()
    environment = {"REDIS_USERNAME": "auth_service", **shared}
    settings = auth_service.settings.Settings.read(environment)
    await _serve(stack, runner(auth_service.app.create_app(settings)), sock)
    return url


async def _app(stack: AsyncExitStack, shared: Mapping[str, str], auth_url: str) -> str:
    sock, url = _free_port()
    environment = {"REDIS_USERNAME": "app_service", "AUTH_URL": auth_url, **shared}
    settings = app_service.settings.Settings.read(environment)
    await _serve(stack, runner(app_service.app.create_app(settings)), sock)
    return url


async def _serve(stack: AsyncExitStack, running: web.AppRunner, sock: socket.socket) -> None:
    stack.callback(sock.close)
    stack.push_async_callback(running.cleanup)
    await running.setup()
    await web.SockSite(running, sock).start()


def _free_port() -> tuple[socket.socket, str]:
    """Take a port before anything runs on it, so that the address is known to who needs it."""
    sock = socket.create_server(("127.0.0.1", 0))
    return sock, f"http://127.0.0.1:{sock.getsockname()[1]}"

"""Where Webex is: the real one, or the sandbox when no integration is configured."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from common.settings.environment import Environment
from common.settings.loopback import is_loopback

# The integration that the sandbox knows from the start. The names say that they protect nothing.
SANDBOX_CLIENT_ID = "insecure-sandbox-integration"
SANDBOX_CLIENT_SECRET = "insecure-sandbox-secret"  # noqa: S105

HTTP = ("http://", "https://")
PROXY_ADDRESS = re.compile(
    r"(?:https?://)?(?:[^\s@/]*@)?(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._\-]+)(?::[0-9]{1,5})?/?"
)


@dataclass(frozen=True)
class WebexAddresses:
    """Absolute addresses without a trailing slash.

    `authorize_url` is for the browser, the others are for the services. Source: Webex developer
    guide "Integrations & Authorization"; the revocation endpoint is the one Cisco's SDK uses.
    """

    client_id: str
    authorize_url: str
    api_url: str
    revoke_url: str
    sandbox: bool


def choose_webex(env: Environment, public_url: str) -> WebexAddresses:
    """Real Webex if CLIENT_ID is set, else the sandbox if SANDBOX_URL is set, else a problem."""
    client_id = env.optional("CLIENT_ID")
    sandbox_url = env.url("SANDBOX_URL", "", HTTP)
    internal_url = env.url("SANDBOX_INTERNAL_URL", sandbox_url, HTTP) or sandbox_url
    api_url = env.url("WEBEX_API_URL", "https://webexapis.com/v1", HTTP)
    revoke_url = env.url(
        "WEBEX_REVOKE_URL", "https://idbroker.webex.com/idb/oauth2/v1/revoke", HTTP
    )
    _check_proxy(env, sandbox=client_id is None)
    if client_id is None and sandbox_url:
        if public_url.startswith("https://"):
            env.refuse("CLIENT_ID is not set: the sandbox does not serve an https PUBLIC_URL")
        return _sandbox(sandbox_url, internal_url)
    if client_id is None:
        env.refuse("CLIENT_ID is not set (and neither is SANDBOX_URL, to try things out)")
    for name, url in (("WEBEX_API_URL", api_url), ("WEBEX_REVOKE_URL", revoke_url)):
        if urlsplit(url).scheme == "http" and not is_loopback(urlsplit(url).hostname):
            env.refuse(f"{name} must start with https:// : tokens travel to it")
    return WebexAddresses(
        client_id or "", f"{api_url}/authorize", api_url, revoke_url, sandbox=False
    )


def _sandbox(sandbox_url: str, internal_url: str) -> WebexAddresses:
    return WebexAddresses(
        client_id=SANDBOX_CLIENT_ID,
        authorize_url=f"{sandbox_url}/v1/authorize",
        api_url=f"{internal_url}/v1",
        revoke_url=f"{internal_url}/idb/oauth2/v1/revoke",
        sandbox=True,
    )


def _check_proxy(env: Environment, *, sandbox: bool) -> None:
    """Refuse what aiohttp would stumble over; the sandbox does without a proxy."""
    env.shared("NO_PROXY")
    address = env.shared("HTTPS_PROXY")
    if address and not sandbox and not PROXY_ADDRESS.fullmatch(address):
        env.refuse("HTTPS_PROXY must be an address that starts with http:// or https://")

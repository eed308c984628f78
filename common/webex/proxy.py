"""The way out to Webex where it leads through a proxy, as HTTPS_PROXY and NO_PROXY say.

The services' calls to each other, with tickets in them, never take it: only https:// does, and those are
http://, as the sandbox is. (aiohttp's trust_env would take them along, and read ~/.netrc.) The proxy sees
host and port, and then TLS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from common.settings.loopback import is_loopback
from common.settings.webex import PROXY_ADDRESS

if TYPE_CHECKING:
    from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse


def webex_proxy() -> tuple[ClientMiddlewareType, ...]:
    """What a client session needs for it: nothing where there is no proxy."""
    address = getproxies().get("https", "").strip()
    if not PROXY_ADDRESS.fullmatch(address):
        return ()
    proxy = URL(address if "://" in address else f"http://{address}")

    async def through_proxy(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
        if _is_beyond(request.url):
            request.proxy = proxy
        return await send(request)

    return (through_proxy,)


def _is_beyond(url: URL) -> bool:
    if url.scheme != "https" or is_loopback(url.host):
        return False
    return not proxy_bypass(f"{url.host}:{url.port}")

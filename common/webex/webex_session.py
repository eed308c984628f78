"""The HTTP client towards Webex, opened and closed with the application."""

import aiohttp

from common.webex.http import WebexHttp
from common.webex.webex_proxy import webex_proxy

# To each of Webex's hosts: revocations that hang at one must not take the connections to another.
CONNECTIONS = 100


def open_webex_http(*, timeout_seconds: int) -> tuple[aiohttp.ClientSession, WebexHttp]:
    """Open a session without a cookie jar: what Webex sets for one person must not go with the next."""
    session = aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(limit=0, limit_per_host=CONNECTIONS),
        headers={"Accept": "application/json", "User-Agent": "webex-oauth-pair"},
        requote_redirect_url=False,
        middlewares=webex_proxy(),
    )
    return session, WebexHttp(session, timeout_seconds=timeout_seconds)

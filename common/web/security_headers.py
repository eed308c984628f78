"""Headers that every answer carries, so that no page depends on the proxy for its safety."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from multidict import CIMultiDict, istr

from common.sessions.cookies import EMBEDDED
from common.settings.webex import WebexAddresses
from common.web.page import PAGE_HEAD, page_head
from common.web.redirect import ADDED, added

_Add = Callable[[web.Request, web.StreamResponse], Awaitable[None]]
# Where Webex keeps avatars. Pictures from elsewhere are not shown.
AVATAR_HOSTS = ("https://*.webexcontent.com", "https://*.webex.com", "https://*.wbx2.com")


def security_headers(*, https: bool, image_sources: tuple[str, ...]) -> Mapping[str, str]:
    """Headers after OWASP's HTTP Headers Cheat Sheet; the policy has no exceptions (CSP level 3)."""
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        f"img-src 'self' {' '.join(image_sources)}; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Cache-Control": "no-store",
    }
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


def image_sources(webex: WebexAddresses) -> tuple[str, ...]:
    """Where avatars may come from: Webex's hosts, or the sandbox."""
    if webex.sandbox:
        scheme, _, rest = webex.authorize_url.partition("://")
        return (f"{scheme}://{rest.split('/')[0]}",)
    return AVATAR_HOSTS


def setup_security_headers(
    app: web.Application, headers: Mapping[str, str], embedded: Mapping[str, str] | None = None
) -> None:
    """Add the headers to every answer; a handler that set one of them itself keeps its own.

    `embedded` are those of what is below /embed/, if it is shown anywhere.
    """
    ready = _ready(headers)
    app[PAGE_HEAD], app[ADDED] = page_head(ready), added(ready)

    async def add(_: web.Request, response: web.StreamResponse) -> None:
        response.headers.merge(ready)

    app.on_response_prepare.append(add if embedded is None else _by_path(ready, _ready(embedded)))


def _by_path(ready: CIMultiDict[str], ready_embedded: CIMultiDict[str]) -> _Add:
    async def add(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.merge(ready_embedded if request.path.startswith(EMBEDDED) else ready)

    return add


def _ready(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict((istr(name), value) for name, value in headers.items())

"""What Webex keeps at idbroker.webex.com: revocation, and the end of the browser's sign-in."""

import base64
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from webex_sandbox.answers import redirect
from webex_sandbox.bodies import read_form
from webex_sandbox.errors import IdbrokerError
from webex_sandbox.pages import failure_page, page
from webex_sandbox.sign_in.integrations import INTEGRATIONS, Integration
from webex_sandbox.sign_in.logins import LOGINS, forget
from webex_sandbox.sign_in.token_endpoint import authenticated
from webex_sandbox.sign_in.tokens import TOKENS, ForeignTokenError


async def revoke(request: web.Request) -> web.Response:
    """Revoke a token (RFC 7009), with HTTP Basic client authentication.

    Raises:
        IdbrokerError: 401 for wrong client credentials, 400 without a token or for a token of
            another integration.

    """
    integration = _client(request)
    token = (await read_form(request)).get("token", "")
    if not isinstance(token, str) or not token:
        raise IdbrokerError(400, "invalid_request", "The parameter token is missing.")
    try:
        request.app[TOKENS].revoke(token, integration.client_id)
    except ForeignTokenError:
        raise IdbrokerError(
            400, "invalid_request", "The token was issued to another client."
        ) from None
    return web.Response()


async def log_out(request: web.Request) -> web.Response:
    """Forget who is signed in to the sandbox, then go to where a registered integration lives."""
    goto = request.query.get("goto", "")
    if goto and _origin(goto) not in _registered_origins(request):
        return failure_page(
            request,
            400,
            "The goto address does not belong to a registered integration.",
            title="This request cannot be used",
        )
    request.app[LOGINS].end(request)
    response = redirect(goto) if goto else page(request, "logged_out.html", {})
    forget(response)
    return response


def _client(request: web.Request) -> Integration:
    client_id, client_secret = _basic_credentials(request)
    integration = authenticated(request.app[INTEGRATIONS], client_id, client_secret)
    if integration is None:
        raise IdbrokerError(401, "invalid_client", "The client credentials are invalid.")
    return integration


def _basic_credentials(request: web.Request) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    decoded = _decoded(encoded) if scheme.lower() == "basic" else ""
    client_id, colon, client_secret = decoded.partition(":")
    if not colon:
        raise IdbrokerError(401, "invalid_client", "Basic authentication is required.")
    return client_id, client_secret


def _decoded(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode()
    except ValueError:
        return ""


def _origin(address: str) -> tuple[str, str]:
    # Browsers read a backslash as a slash, and drop control characters.
    if "\\" in address or not address.isprintable():
        return "", ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc


def _registered_origins(request: web.Request) -> set[tuple[str, str]]:
    integrations = request.app[INTEGRATIONS].all()
    return {_origin(uri) for integration in integrations for uri in integration.redirect_uris}

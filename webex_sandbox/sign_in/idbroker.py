"""What Webex keeps at idbroker.webex.com: revocation, and the end of the browser's sign-in."""

from urllib.parse import urlsplit

from aiohttp import web

from webex_sandbox.answers import redirect
from webex_sandbox.bodies import read_form
from webex_sandbox.errors import IdbrokerError
from webex_sandbox.pages import failure_page, page
from webex_sandbox.sign_in.client import authenticated
from webex_sandbox.sign_in.integrations import INTEGRATIONS
from webex_sandbox.sign_in.logins import LOGINS, forget
from webex_sandbox.sign_in.tokens import TOKENS, ForeignTokenError


async def revoke(request: web.Request) -> web.Response:
    """Revoke a token (RFC 7009).

    Raises:
        IdbrokerError: 401 for wrong client credentials; 400 without any, without a token or for a
            token of another integration.

    """
    form = await read_form(request)
    integration = authenticated(request, form)
    token = form.get("token", "")
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
    forget(request, response)
    return response


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

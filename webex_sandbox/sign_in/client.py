"""Which integration asks: HTTP Basic, or id and secret in the body (RFC 6749 section 2.3.1).

Cisco's page "Login with Webex" shows a sample of each.
"""

import base64
import secrets
from collections.abc import Mapping
from urllib.parse import unquote_plus

from aiohttp import hdrs, web

from webex_sandbox.errors import IdbrokerError
from webex_sandbox.sign_in.integrations import INTEGRATIONS, Integration

Credentials = tuple[str, str]


def authenticated(request: web.Request, form: Mapping[str, object]) -> Integration:
    """Give the integration that asks.

    Raises:
        IdbrokerError: 401 for wrong credentials; 400 when some are missing, or when two ways name
            different ones.

    """
    client_id, client_secret = _credentials(_basic(request), _in_body(form))
    integration = request.app[INTEGRATIONS].find(client_id)
    expected = integration.client_secret if integration else ""
    if integration is None or not secrets.compare_digest(client_secret.encode(), expected.encode()):
        raise IdbrokerError(401, "invalid_client", "The client_id or client_secret is invalid.")
    return integration


def _credentials(basic: Credentials | None, body: Credentials) -> Credentials:
    client_id, client_secret = body
    if basic is None:
        for name, value in (("client_id", client_id), ("client_secret", client_secret)):
            if not value:
                raise _missing(f"There is no {name} in the body and no Basic credentials.")
        return body
    differs = client_id not in {"", basic[0]} or client_secret not in {"", basic[1]}
    if differs:
        raise _missing("The body names other client credentials than the Basic header does.")
    return basic


def _in_body(form: Mapping[str, object]) -> Credentials:
    client_id, client_secret = form.get("client_id", ""), form.get("client_secret", "")
    # A file is no credential.
    return (
        client_id if isinstance(client_id, str) else "",
        client_secret if isinstance(client_secret, str) else "",
    )


def _basic(request: web.Request) -> Credentials | None:
    scheme, _, encoded = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        decoded = ""
    client_id, colon, client_secret = decoded.partition(":")
    if not colon:
        raise IdbrokerError(401, "invalid_client", "The Basic credentials cannot be read.")
    # Both are form-encoded before they are joined, says RFC 6749; many clients join them as they are.
    known = request.app[INTEGRATIONS].find(client_id)
    if known and known.client_secret == client_secret:
        return client_id, client_secret
    return unquote_plus(client_id), unquote_plus(client_secret)


def _missing(description: str) -> IdbrokerError:
    return IdbrokerError(400, "invalid_request", description)

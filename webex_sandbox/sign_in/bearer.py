"""Bearer tokens at the REST API (RFC 6750): who is calling, and with which scopes."""

from aiohttp import hdrs, web

from webex_sandbox.errors import WebexError
from webex_sandbox.sign_in.tokens import TOKENS, AccessToken

_SCHEME = "bearer "


def authenticate(
    request: web.Request, allowed_by: frozenset[str], in_form: str = ""
) -> AccessToken:
    """Give the access token of a request; one of the scopes in `allowed_by` must be its own.

    `in_form` is what a form has instead of the header, where that is allowed (section 2.2).

    Raises:
        WebexError: 401 for a missing, unknown or expired token alike, 403 for a missing scope.

    """
    header = request.headers.get(hdrs.AUTHORIZATION, "")
    value = header[len(_SCHEME) :].strip() if header.lower().startswith(_SCHEME) else in_form
    token = request.app[TOKENS].find(value)
    if token is None:
        raise WebexError(401)
    if allowed_by.isdisjoint(token.grant.scopes):
        raise WebexError(403)
    return token

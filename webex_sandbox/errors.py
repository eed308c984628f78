"""How Webex says no: `{"message", "errors": [{"description"}], "trackingId"}`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from webex_sandbox.answers import json_answer

NO_VALID_TOKEN = (
    "The request requires a valid access token set in the Authorization request header."
)
MISSING_SCOPES = (
    "The server understood the request, but refused to fulfill it because the access token is"
    " missing required scopes or the user is missing required roles or licenses."
)
NOT_FOUND = "The requested resource could not be found."
RATE_LIMITED = "Too many requests have been sent in a given amount of time."

_MESSAGES = {401: NO_VALID_TOKEN, 403: MISSING_SCOPES, 404: NOT_FOUND, 429: RATE_LIMITED}


class WebexError(Exception):
    """An answer of the REST API or of the token endpoint that is not 2xx."""

    def __init__(
        self, status: int, message: str = "", *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.message = message or message_for(status)
        self.headers = dict(headers or {})


class IdbrokerError(Exception):
    """An error of idbroker, which speaks OAuth's own dialect (RFC 6749 section 5.2)."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(status)
        self.status = status
        self.error = error
        self.description = description


def message_for(status: int) -> str:
    """Give the sentence that Webex uses for a status, or the standard phrase."""
    return _MESSAGES.get(status) or HTTPStatus(status).phrase


def error_body(message: str, tracking_id: str) -> dict[str, Any]:
    return {
        "message": message,
        "errors": [{"description": message}],
        "trackingId": tracking_id,
    }


def webex_answer(error: WebexError, tracking_id: str) -> web.Response:
    return json_answer(
        error_body(error.message, tracking_id), status=error.status, headers=error.headers
    )


def idbroker_answer(error: IdbrokerError, tracking_id: str) -> web.Response:
    body = {
        "error": error.error,
        "error_description": error.description,
        # Not as the REST API spells it.
        "trackingID": tracking_id,
    }
    return json_answer(body, status=error.status, headers=challenge(error.status))


def challenge(status: int) -> dict[str, str]:
    """Give what a refusal of client credentials has to say (RFC 6749 section 5.2)."""
    return {"WWW-Authenticate": 'Basic realm="sandbox"'} if status == 401 else {}

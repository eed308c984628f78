"""The one place where a failure becomes an answer."""

import logging
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from webex_sandbox.errors import (
    IdbrokerError,
    WebexError,
    idbroker_answer,
    webex_answer,
)
from webex_sandbox.pages import failure_page
from webex_sandbox.tracking import tracking_id

_logger = logging.getLogger(__name__)


@web.middleware
async def failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except WebexError as error:
        return webex_answer(error, tracking_id(request))
    except IdbrokerError as error:
        return idbroker_answer(error, tracking_id(request))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _answer(request, error.status, _allowed(error))
    except Exception:
        _logger.exception("Unexpected failure (%s)", tracking_id(request))
        return _answer(request, 500)


def _answer(
    request: web.Request, status: int, headers: Mapping[str, str] | None = None
) -> web.Response:
    if request.path.startswith(("/v1/", "/idb/", "/_sandbox")):
        return webex_answer(WebexError(status, headers=headers), tracking_id(request))
    answer = failure_page(request, status, "There is nothing at this address.")
    answer.headers.update(headers or {})
    return answer


def _allowed(error: web.HTTPException) -> dict[str, str]:
    """Name the methods that an address answers (RFC 9110 section 15.5.6)."""
    if not isinstance(error, web.HTTPMethodNotAllowed):
        return {}
    return {"Allow": ", ".join(sorted(error.allowed_methods))}

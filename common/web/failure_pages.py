"""The one place where failures become answers: a page for people, problem+json for programs."""

import json
import logging
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from common.failures import (
    Failure,
    bad_request,
    method_not_allowed,
    not_found,
    too_large,
    unforeseen,
)
from common.telemetry import trace
from common.telemetry.metrics import UNFORESEEN_FAILURES
from common.telemetry.mistakes import shown
from common.web.asker import is_program
from common.web.bodies import read_body
from common.web.failure_texts import page_context, problem
from common.web.templating import render_page

log = logging.getLogger(__name__)

# What nginx calls it in its log, too. It reaches nobody.
CLIENT_GONE = 499
MISTAKES_ON_PAGE = web.AppKey("MISTAKES_ON_PAGE", bool)

FROM_HTTP = {404: not_found, 405: method_not_allowed, 413: too_large}


@web.middleware
async def failure_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer for whatever a handler raises, or its body. A redirect that is raised passes."""
    trace.begin(request)
    try:
        # Not a middleware of its own: nearly no request has a body, and each would go through one more.
        if request.body_exists:
            await read_body(request)
        return await handler(request)
    except Failure as failure:
        return answer_for(request, failure)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = answer_for(request, FROM_HTTP.get(error.status, bad_request)())
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except Exception as error:
        if isinstance(error, ConnectionError) and _has_gone(request):
            return web.Response(status=CLIENT_GONE)
        log.exception("unforeseen")
        UNFORESEEN_FAILURES.inc()
        mistake = dict(shown(error)) if request.app.get(MISTAKES_ON_PAGE, False) else None
        return answer_for(request, unforeseen(), mistake=mistake)


def _has_gone(request: web.Request) -> bool:
    """Whether nobody is there any more: then it is no mistake of ours that reading or writing failed."""
    return request.transport is None or request.transport.is_closing()


def answer_for(
    request: web.Request, failure: Failure, *, mistake: Mapping[str, object] | None = None
) -> web.Response:
    """Make the page, or the problem+json for a program; cookies stay as they are.

    `mistake` is what a developer sees of an exception, on the page only.
    """
    reference = trace.current_or_of(request).request_id
    if is_program(request):
        answer = web.Response(
            text=json.dumps(problem(failure, reference=reference)),
            status=failure.status,
            content_type="application/problem+json",
        )
    else:
        here = request.rel_url.raw_path if request.method in ("GET", "HEAD") else "/"
        context = {"failure": page_context(failure, reference=reference, here=here)}
        if mistake:
            context["mistake"] = dict(mistake)
        answer = render_page(request, "failure.html", context, status=failure.status)
        # It has no form, and its address may be a callback's.
        answer.headers["Referrer-Policy"] = "no-referrer"
    if failure.retry_after is not None:
        answer.headers["Retry-After"] = str(failure.retry_after)
    _log(failure)
    return answer


def _log(failure: Failure) -> None:
    level = logging.WARNING if failure.status >= 500 else logging.INFO
    log.log(
        level,
        "failure",
        extra={
            "kind": type(failure).__name__,
            "slug": failure.slug,
            "why": failure.why,
            "check": " ".join(failure.what_to_check) if failure.why else None,
            "status": failure.status,
            "tracking_id": failure.tracking_id,
        },
    )

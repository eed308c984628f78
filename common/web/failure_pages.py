"""The one place where failures become answers: a page for people, problem+json for programs."""

import json
import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from common.failures import Failure
from common.telemetry import trace
from common.telemetry.metrics import UNFORESEEN_FAILURES
from common.web.failure_texts import page_context, problem
from common.web.templating import render_page

log = logging.getLogger(__name__)

FOR_PROGRAMS = ("/api/", "/internal/")
# What nginx calls it in its log, too. It reaches nobody.
CLIENT_GONE = 499

UNFORESEEN = Failure(
    title="Something went wrong",
    what_happened="The server made a mistake. It has been logged.",
    what_to_check=("Try again. If it happens again, tell whoever runs this site the reference.",),
    slug="unforeseen",
)
FROM_HTTP = {
    404: Failure(
        "There is no such page", "Nothing answers at this address.", status=404, slug="not_found"
    ),
    405: Failure(
        "This is not how this page is used",
        "The page does not answer this kind of request.",
        status=405,
        slug="method_not_allowed",
    ),
    413: Failure(
        "The request is too large",
        "More was sent than this page accepts.",
        status=413,
        slug="too_large",
    ),
}
BAD_REQUEST = Failure(
    "This request is not valid",
    "The server could not make sense of it.",
    status=400,
    slug="bad_request",
)


@web.middleware
async def failure_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer for whatever a handler raises. A redirect that is raised passes."""
    trace.begin(request)
    try:
        return await handler(request)
    except Failure as failure:
        return answer_for(request, failure)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = answer_for(request, FROM_HTTP.get(error.status, BAD_REQUEST))
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except Exception as error:
        if isinstance(error, ConnectionError) and _has_gone(request):
            return web.Response(status=CLIENT_GONE)
        log.exception("unforeseen")
        UNFORESEEN_FAILURES.inc()
        return answer_for(request, UNFORESEEN)


def _has_gone(request: web.Request) -> bool:
    """Whether nobody is there any more: then it is no mistake of ours that reading or writing failed."""
    return request.transport is None or request.transport.is_closing()


def answer_for(request: web.Request, failure: Failure) -> web.Response:
    """Make the page, or the problem+json for a program; cookies stay as they are."""
    reference = trace.current_or_of(request).request_id
    if request.path.startswith(FOR_PROGRAMS):
        answer = web.Response(
            text=json.dumps(problem(failure, reference=reference)),
            status=failure.status,
            content_type="application/problem+json",
        )
    else:
        here = request.rel_url.raw_path if request.method in ("GET", "HEAD") else "/"
        context = {"failure": page_context(failure, reference=reference, here=here)}
        answer = render_page(request, "failure.html", context, status=failure.status)
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
            "status": failure.status,
            "tracking_id": failure.tracking_id,
        },
    )

"""The pages nginx shows by itself, in the same look: written once, before nginx starts."""

import json
from collections.abc import Callable
from pathlib import Path

from common.failures import (
    HERE_AGAIN,
    Failure,
    bad_request,
    method_not_allowed,
    not_found,
    too_large,
    too_slow,
    unforeseen,
)
from common.web.failure_texts import page_context, problem
from common.web.templates import template_environment

PAGES = (
    bad_request(),
    not_found(),
    method_not_allowed(),
    too_slow(),
    too_large(),
    Failure(
        "The address is too long",
        "The address is longer than this site accepts.",
        status=414,
        slug="address_too_long",
    ),
    Failure(
        "Too many requests",
        "More came from your network, sign-ins or requests at once, than this site allows.",
        ("Wait a few seconds, then try again.",),
        status=429,
        slug="too_many_requests",
        retry_after=5,
    ),
    Failure(
        "The request's headers are too large",
        "Your browser sent more, mostly cookies, than this site accepts.",
        ("Delete this site's cookies, then sign in again.",),
        status=431,
        slug="headers_too_large",
    ),
    unforeseen(),
    Failure(
        "A part of this site is down",
        "The service behind this page did not answer.",
        ("Nothing is lost: you are still signed in. Try again in a moment.",),
        status=502,
        slug="service_down",
        retry_after=2,
        way_on=HERE_AGAIN,
    ),
    Failure(
        "This site is busy or starting",
        "The service behind this page is not ready.",
        ("Nothing is lost: you are still signed in. Try again in a moment.",),
        status=503,
        slug="service_busy",
        retry_after=2,
        way_on=HERE_AGAIN,
    ),
    Failure(
        "The answer takes too long",
        "The service behind this page did not answer in time.",
        ("Nothing is lost: you are still signed in. Try again in a moment.",),
        status=504,
        slug="service_slow",
        retry_after=2,
        way_on=HERE_AGAIN,
    ),
)


def write_proxy_pages(folder: Path, static: Callable[[str], str]) -> None:
    """Write `<status>.html` and, for the API, `<status>.json` (RFC 9457) for each page."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = template_environment(static=static, sandbox=False)
    page = environment.get_template("failure.html")
    for failure in PAGES:
        html = page.render(failure=page_context(failure, reference=None, here=""))
        (folder / f"{failure.status}.html").write_text(html, encoding="utf-8")
        body = json.dumps(problem(failure, reference=None))
        (folder / f"{failure.status}.json").write_text(body, encoding="utf-8")

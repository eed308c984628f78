"""Incremental consent: a page that needs more than was granted asks for exactly what is missing."""

from collections.abc import Sequence
from urllib.parse import urlencode

from aiohttp import web

from app_service.settings_key import SETTINGS
from common.failures import Misconfigured, Refused
from common.sessions.visitor import Visitor
from common.web.templating import render_page
from common.webex.scopes import explained, not_covered

# Titles and messages are encrypted; spark:kms lets Webex decrypt them for the integration.
FOR_SPACES = ("spark:rooms_read", "spark:kms")
FOR_WIDGET = (
    "spark:people_read",
    "spark:rooms_read",
    "spark:memberships_read",
    "spark:messages_read",
    "spark:messages_write",
    "spark:kms",
)
FOR_OFFICIAL_WIDGET = ("spark:all", "spark:kms")


def permission_page(
    request: web.Request, visitor: Visitor, wanted: Sequence[str], *, title: str, why: str
) -> web.Response | None:
    """The page that asks for what is missing, or None if nothing is."""
    offered = request.app[SETTINGS].scopes_max
    scopes = missing(visitor, wanted, offered)
    if not scopes:
        return None
    context = {
        "title": title,
        "why": why,
        "asked": explained(scopes),
        "href": consent_address(request, scopes),
    }
    return render_page(request, "permission.html", context)


def missing(visitor: Visitor, wanted: Sequence[str], offered: Sequence[str]) -> list[str]:
    """The scopes to ask for; raise Misconfigured if SCOPES_MAX does not let the page ask."""
    lacking = not_covered(wanted, visitor.session.tokens.scopes)
    closed = [scope for scope in lacking if scope not in offered]
    if closed:
        raise not_offered(closed)
    return lacking


def consent_address(request: web.BaseRequest, scopes: Sequence[str]) -> str:
    """Where the person allows more and comes back to this page; what is granted already stays."""
    return f"/login?{urlencode({'next': request.raw_path, 'scope': ' '.join(scopes)})}"


def not_offered(scopes: Sequence[str]) -> Misconfigured:
    return Misconfigured(
        title="This page needs a permission that is not offered here",
        what_happened=f"It needs {', '.join(scopes)}, and SCOPES_MAX does not list that.",
        what_to_check=(
            f"Whoever runs this site adds {' '.join(scopes)} to SCOPES_MAX,",
            "and registers the same scopes for the integration at developer.webex.com.",
        ),
        status=503,
        slug="scope_not_in_maximum",
    )


def not_granted(scopes: Sequence[str]) -> Refused:
    """For programs: they cannot ask the person."""
    return Refused(
        title="A permission is missing",
        what_happened=f"This needs {', '.join(scopes)}, which was not granted.",
        status=403,
        slug="scope_missing",
    )

"""A failure in the words of a page and of problem+json (RFC 9457)."""

from typing import Any

from common.failures import Failure, Refused, SignInAgain

LOGIN = "/login"


def page_context(failure: Failure, *, reference: str | None, here: str) -> dict[str, Any]:
    """Return what failure.html shows; `here` is the path of the page that failed."""
    label, href = failure.way_on
    return {
        "status": failure.status,
        "title": failure.title,
        "what_happened": failure.what_happened,
        "what_to_check": failure.what_to_check,
        "tracking_id": failure.tracking_id,
        "reference": reference,
        "way_on_label": label,
        "way_on_href": href or here,
        "other_account_href": _other_account(failure),
    }


def _other_account(failure: Failure) -> str | None:
    """Where to sign in with another account, if another sign-in is the way on and nobody else can help."""
    path, _, query = failure.way_on[1].partition("?")
    if path != LOGIN or "prompt=" in query or not isinstance(failure, Refused | SignInAgain):
        return None
    return f"{LOGIN}?prompt=select_account" + (f"&{query}" if query else "")


def problem(failure: Failure, *, reference: str | None) -> dict[str, Any]:
    """Return the members of a problem details object; absent members have nothing to say."""
    members = {
        "type": "about:blank",
        "title": failure.title,
        "status": failure.status,
        "detail": failure.what_happened,
        "code": failure.slug,
        "why": failure.why,
        "trackingId": failure.tracking_id,
        "reference": reference,
    }
    return {name: value for name, value in members.items() if value is not None}

"""Whether a person or a program asks: a program gets problem+json (RFC 9457), and no page or redirect."""

from aiohttp import web

FOR_PROGRAMS = ("/api/", "/embed/api/", "/internal/")
JSON = ("application/json", "application/problem+json")


def is_program(request: web.Request) -> bool:
    """By the address, or because it asks for JSON and not for a page (nginx judges alike: $error_form)."""
    if request.path.startswith(FOR_PROGRAMS):
        return True
    accepted = request.headers.get("Accept", "").lower()
    return "text/html" not in accepted and any(kind in accepted for kind in JSON)

"""Where to go after sign-in: a path of this site, whatever `next` says."""

import re
from urllib.parse import unquote, urlencode

HOME = "/"
LANDING = "/landing"
# Once it is encoded. Sealed, and with the scopes of a sign-in, it has to fit into a cookie: see pending.
MAX_LENGTH = 1536
# What browsers leave raw in an address though RFC 3986 does not (WHATWG URL, "percent-encode sets"), and
# the few that a person types; in a query "100%" as well. "\" is not among them before the query: there a
# browser reads it as "/".
RAW_IN_PATH = re.compile(r'["<>^`{|}]')
RAW_IN_REST = re.compile(r'["<>^`{|}\\]|%(?![0-9A-Fa-f]{2})')
# One slash, then no second one and no backslash; visible ASCII that a URL may hold, and nothing else.
# Browsers drop tabs and line breaks, and read "\" as "/": neither gets this far.
PATH = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/?#\[\]]*")
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Going back to these would sign out, sign in again, or loop; to the last one only its own sign-in leads.
NOT_A_PAGE = ("login", "oauth", "logout", "landing", "embed")


def return_path(value: str | None) -> str:
    """Return `value`, encoded, if it is a path of ours that is safe to redirect to, else the home page.

    The caller puts PUBLIC_URL in front of it, so the host is ours whatever a browser makes of the
    rest. (OWASP Unvalidated Redirects; RFC 9700 section 4.11.)
    """
    if not value or len(value) > MAX_LENGTH:
        return HOME
    encoded = _encoded(value)
    return encoded if _is_ours(encoded) else HOME


def landing_path(next_path: str) -> str:
    """The path that settles which session is held (auth_service.sign_in.landing) and goes on to `next`."""
    return LANDING if next_path == HOME else f"{LANDING}?{urlencode({'next': next_path})}"


def _encoded(value: str) -> str:
    """What a browser left raw, percent-encoded: what is judged is what is sent."""
    path, mark, rest = _parted(value)
    return RAW_IN_PATH.sub(_escape, path) + mark + RAW_IN_REST.sub(_escape, rest)


def _is_ours(value: str) -> bool:
    if len(value) > MAX_LENGTH or not PATH.fullmatch(value):
        return False
    if BROKEN_ESCAPE.search(value):
        return False
    path, _, _ = _parted(value)
    segments = [_plain(segment) for segment in path.split("/")[1:]]
    if any(segment in (".", "..") or not segment.isprintable() for segment in segments):
        return False
    first = segments[0].lower()
    return first not in NOT_A_PAGE and not first.startswith(("/", "\\"))


def _parted(value: str) -> tuple[str, str, str]:
    """The path, the first `?` or `#`, and what follows it."""
    mark = re.search(r"[?#]", value)
    return (value[: mark.start()], mark[0], value[mark.end() :]) if mark else (value, "", "")


def _escape(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"


def _plain(segment: str) -> str:
    return unquote(unquote(segment)).partition(";")[0]

"""Where to go after sign-in: a path of this site, whatever `next` says."""

import re
from urllib.parse import unquote

HOME = "/"
MAX_LENGTH = 512
# One slash, then no second one and no backslash; visible ASCII that a URL may hold, and nothing else.
# Browsers drop tabs and line breaks, and read "\" as "/": neither gets this far.
PATH = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/?#\[\]]*")
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Going back to these would sign out, sign in again, or loop.
NOT_A_PAGE = ("login", "oauth", "logout")


def return_path(value: str | None) -> str:
    """Return `value` if it is a path of ours that is safe to redirect to, else the home page.

    The caller puts PUBLIC_URL in front of it, so the host is ours whatever a browser makes of the
    rest. (OWASP Unvalidated Redirects; RFC 9700 section 4.11.)
    """
    if not value or len(value) > MAX_LENGTH or not PATH.fullmatch(value):
        return HOME
    if BROKEN_ESCAPE.search(value):
        return HOME
    segments = [_plain(segment) for segment in re.split(r"[?#]", value)[0].split("/")[1:]]
    if any(segment in (".", "..") or not segment.isprintable() for segment in segments):
        return HOME
    first = segments[0].lower()
    return HOME if first in NOT_A_PAGE or first.startswith(("/", "\\")) else value


def _plain(segment: str) -> str:
    return unquote(unquote(segment)).partition(";")[0]

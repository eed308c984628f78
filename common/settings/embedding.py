"""EMBED_ORIGINS: whose pages may show ours in a frame."""

from urllib.parse import urlsplit

from common.settings.bound_sessions import BoundSessions
from common.settings.environment import Environment

NAME = "EMBED_ORIGINS"


def read_embed_origins(
    env: Environment, bound_sessions: BoundSessions, *, https: bool
) -> tuple[str, ...]:
    """Origins such as https://portal.example (RFC 6454), exactly; none by default.

    Over http a frame of another site gets no cookie: browsers want SameSite=None to be Secure
    (RFC 6265bis section 4.1.2.7). And a session in a frame is bound to no device.
    """
    origins = tuple(origin.rstrip("/").lower() for origin in env.words(NAME, ""))
    if not all(_is_origin(origin) for origin in origins):
        env.refuse(f"{NAME} must be origins as in https://portal.example, with spaces between")
        return ()
    if origins and not https:
        env.refuse(
            f"{NAME} needs a PUBLIC_URL with https: without, browsers keep no cookie in a frame"
        )
    if origins and bound_sessions == BoundSessions.REQUIRED:
        env.refuse(
            f"{NAME} with BOUND_SESSIONS=required: a session in a frame is bound to no device"
        )
    return origins


def _is_origin(text: str) -> bool:
    """Whether it may stand in a policy and a page as it is: scheme, host of ASCII, and perhaps a port."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = bool(host) and all(c.isascii() and (c.isalnum() or c in "-.") for c in host)
    rebuilt = f"https://{host}" + (f":{port}" if port else "")
    return plain and text == rebuilt and port != 443

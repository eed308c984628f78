"""BOUND_SESSIONS: whether sessions are bound to the device that signed in (auth_service.binding)."""

from enum import StrEnum

from common.settings.environment import Environment

NAME = "BOUND_SESSIONS"


class BoundSessions(StrEnum):
    OFF = "off"
    OFFERED = "offered"
    """A browser that can bind its session does; every other one is served as well."""
    REQUIRED = "required"
    """A session that is not bound is refused, once its browser has had the time for it."""


def read_bound_sessions(env: Environment, *, https: bool) -> BoundSessions:
    """Browsers bind sessions over https only: over http the default is off, and nothing else will do."""
    value = env.text(NAME, "offered" if https else "off").lower()
    if value not in list(BoundSessions):
        env.refuse(f"{NAME} must be off, offered or required")
        return BoundSessions.OFF
    if value != BoundSessions.OFF and not https:
        env.refuse(f"{NAME} must be off with an http PUBLIC_URL: browsers bind sessions over https")
    return BoundSessions(value)

"""Instants as text that sorts in time's order: ISO 8601, UTC, milliseconds."""

import re
from datetime import UTC, datetime

SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def moment(value: object) -> str | None:
    """Write an instant of Webex's in the one form used here; None for what is no instant."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        read = datetime.fromisoformat(value)
        instant = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_moment(value: str | None) -> bool:
    return value is not None and SHAPE.fullmatch(value) is not None


def for_people(value: str) -> str:
    """The instant where a browser's script has not made local time of it."""
    return f"{value[:10]} {value[11:16]} UTC"

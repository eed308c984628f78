"""Times as people say them. Relative, because the server does not know the person's time zone."""

import time

UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


def ago(moment: int) -> str:
    """Say how long ago a moment (Unix seconds) was, rounded down."""
    told = span(int(time.time()) - moment)
    return f"{told} ago" if told else "just now"


def span(seconds: int) -> str:
    """Say a duration in its largest unit; nothing for less than a minute."""
    for name, length in UNITS:
        count = seconds // length
        if count > 0:
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return ""

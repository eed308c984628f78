"""The terminal that a person looks at, which need not know every sign, nor colours."""

import io
import os
import sys
from collections.abc import Mapping

FORMATS = ("text", "json")


class LogFormatError(ValueError):
    """LOG_FORMAT is neither of FORMATS; the text says so."""


def forgive() -> None:
    """Print a question mark for a quotation mark that it does not have, instead of ending there."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def is_for_people(settings: Mapping[str, str]) -> bool:
    """Whether lines are for a person: on a terminal, unless LOG_FORMAT says otherwise; LogFormatError."""
    wanted = settings.get("LOG_FORMAT", "").strip()
    if wanted and wanted not in FORMATS:
        raise LogFormatError(f"LOG_FORMAT must be {' or '.join(FORMATS)}.")
    return wanted == "text" or (not wanted and sys.stdout.isatty())


def paint(text: str, colour: int) -> str:
    """Return the text in a colour of a terminal (ECMA-48, select graphic rendition); 0 is none."""
    return f"\033[{colour}m{text}\033[0m" if colour and _has_colours() else text


def _has_colours() -> bool:
    """Not where it is unwanted (https://no-color.org) or unknown."""
    told = os.environ
    return sys.stdout.isatty() and not told.get("NO_COLOR") and told.get("TERM") != "dumb"

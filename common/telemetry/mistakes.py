"""An exception in the log: where it came from, and on a developer's machine what it says.

Elsewhere a message is left out whole, because it may quote a token or an address. Here what looks like one
is masked: neither locals nor headers are shown, only the message and one line of the source.
"""

import os
import re
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = ("site-packages", ".venv")
MASK = "•••"
LONGEST = 400
SECRET_NAMES = ("_KEYS", "_SECRET", "_TOKEN", "_PASSWORD", "_HEADERS")
SHORTEST_SECRET = 8
E_MAIL = re.compile(r"[\w.+%-]+(?:@|%40)[\w-]+(?:\.[\w-]+)*", re.IGNORECASE)
# Headers, and names that say that a secret follows.
HEADERS = re.compile(
    r"(?P<name>\b(?:Bearer|Basic)\s+|cookie\s*:\s*)(?P<value>[^'\"]+)", re.IGNORECASE
)
TOLD_BY_ITS_NAME = re.compile(
    r"""(?P<name>[\w-]*(?:code|state|token|secret|password|cookie|session|verifier|key|auth\w*)\b["']?\s*[=:]\s*["']?)
        (?P<value>[^\s"'&;,)}\]]+)""",
    re.IGNORECASE | re.VERBOSE,
)
LONG_RUN = re.compile(r"[\w+/=~%.:-]{16,}")
# Of what people write: words, CamelCase, CONSTANTS, numbers of lines and versions.
SEGMENT = re.compile(r"[A-Za-z]?[a-z]{0,16}(?:[A-Z][a-z]{1,16})*\d{0,4}|[A-Z]{1,12}|\d{1,5}")
BETWEEN = re.compile(r"[./_:=-]+")


class Place(NamedTuple):
    file: str
    """Relative to the project, if it is part of it."""
    line: int
    function: str
    source: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}".rstrip()


def told_of(error: BaseException, *, shows: bool) -> dict[str, object]:
    """Return the fields of a log line; with `shows` also what the exception says, masked."""
    frames = traceback.extract_tb(error.__traceback__)
    at = place_of(error)
    return {
        **(dict(shown(error)) if shows else {}),
        "exception": type(error).__name__,
        **({"at": str(at)} if at else {}),
        "where": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }


def place_of(error: BaseException) -> Place | None:
    """Return the innermost frame of the project's own code, or else of any; None if there is none."""
    if isinstance(error, SyntaxError) and error.filename:
        source = (error.text or "").strip()
        return Place(_relative(error.filename), error.lineno or 0, "", source)
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return None
    frame = ([each for each in frames if _is_ours(each.filename)] or frames)[-1]
    return Place(_relative(frame.filename), frame.lineno or 0, frame.name, frame.line or "")


def shown(error: BaseException) -> Iterator[tuple[str, object]]:
    """What a developer sees of it, field by field, masked."""
    text = " ".join(str(error).split())
    yield "error", masked(f"{type(error).__name__}: {text}" if text else type(error).__name__)
    if place := place_of(error):
        yield from (("file", place.file), ("line", place.line))
        yield "source", masked(place.source)


def masked(text: str) -> str:
    """Without whatever looks like a token, a code, a cookie, a key or an e-mail address."""
    for secret in _secrets():
        text = text.replace(secret, MASK)
    text = E_MAIL.sub(MASK, text)
    for pattern in (HEADERS, TOLD_BY_ITS_NAME):
        text = pattern.sub(lambda match: match["name"] + MASK, text)
    text = LONG_RUN.sub(lambda match: match[0] if _is_readable(match[0]) else MASK, text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _secrets() -> Iterable[str]:
    """What this process was given as a secret, the longest first."""
    values = [value for name, value in os.environ.items() if name.endswith(SECRET_NAMES)]
    words = {word for value in values for word in re.split(r"[\s,]+", value)}
    return sorted((word for word in words if len(word) >= SHORTEST_SECRET), key=len, reverse=True)


def _is_readable(run: str) -> bool:
    return all(SEGMENT.fullmatch(segment) for segment in BETWEEN.split(run))


def _is_ours(file: str) -> bool:
    path = Path(file)
    return path.is_relative_to(ROOT) and not any(part in NOT_OURS for part in path.parts)


def _relative(file: str) -> str:
    path = Path(file)
    return path.relative_to(ROOT).as_posix() if _is_ours(file) else path.name

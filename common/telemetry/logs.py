"""Logs: one JSON object a line on standard error, and never a value that came from outside.

Only what a caller names in `extra` is written. Tracebacks show where, not what: an exception's message
may quote a token or an address. Libraries' messages are cut to their constant part for that reason.
"""

import contextlib
import logging
import sys
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from common.telemetry.coalesced import Coalesced
from common.telemetry.mistakes import told_of
from common.telemetry.trace import current, log_fields
from common.telemetry.unreadable_requests import UnreadableRequests

OURS = ("auth_service", "app_service", "common", "gunicorn", "__main__")
# Made once: an encoder for each line would cost more than the line.
ENCODER = msgspec.json.Encoder(enc_hook=str)
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """With `shows_mistakes`, exceptions say what they are about; for a developer's machine only."""

    def __init__(self, *, shows_mistakes: bool = False) -> None:
        super().__init__()
        self._shows_mistakes = shows_mistakes

    def format(self, record: logging.LogRecord) -> str:
        extras = {**log_fields(), **vars(record)}.items()
        fields = {k: v for k, v in extras if v is not None and k not in STANDARD}
        if record.exc_info and record.exc_info[1]:
            fields |= told_of(record.exc_info[1], shows=self._shows_mistakes)
        return json_line(
            record.created, record.levelname.lower(), record.name, _message(record), fields
        )


def json_line(
    created: float, level: str, logger: str, event: str, fields: Mapping[str, object]
) -> str:
    """One line without its end; `created` is in Unix seconds."""
    line = {"time": moment(created), "level": level, "logger": logger, "event": event, **fields}
    return ENCODER.encode(line).decode()


def moment(created: float) -> str:
    """Unix seconds as a line has them."""
    return _moment(int(created * 1000))


def logging_settings(level: str, *, shows_mistakes: bool = False) -> dict[str, Any]:
    """A logging.config.dictConfig that sends everything, gunicorn's lines included, to one place."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines, "shows_mistakes": shows_mistakes}},
        "filters": {"unreadable": {"()": UnreadableRequests}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": level.upper(), "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
            # At debug level these quote headers and bodies.
            "asyncio": {"level": "WARNING"},
            "aiohttp": {"level": "INFO"},
            "aiohttp.server": {"level": "INFO", "filters": ["unreadable"]},
            "redis": {"level": "WARNING"},
        },
    }


def _message(record: logging.LogRecord) -> str:
    if record.name.startswith(OURS):
        return record.getMessage()
    return str(record.msg).partition("\n")[0].partition("%")[0][:80]


@lru_cache(maxsize=2)
def _moment(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_second(seconds)}.{rest:03d}+00:00"


@lru_cache(maxsize=2)
def _second(timestamp: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(timestamp))


class FrequentLine(msgspec.Struct, omit_defaults=True):
    """What every line begins with; what is None by default, and stays so, is left out.

    A line of each request does not go through `logging`: with a record, a handler and a write of its own it
    costs five times as much, and twenty times where several are written at once. So it is a struct.
    """

    time: str
    level: str
    logger: str
    event: str
    request_id: str | None = None
    trace_id: str | None = None


def beginning(
    logger: logging.Logger, event: str
) -> tuple[str, str, str, str, str | None, str | None]:
    """The first fields of a line that is written now, for the current request."""
    known = current()
    return moment(time.time()), "info", logger.name, event, known.request_id, known.trace_id


def say(logger: logging.Logger, line: FrequentLine) -> None:
    """Log at level info, in a moment (common.telemetry.coalesced)."""
    if logger.isEnabledFor(logging.INFO):
        _LINES.add(line)


def say_all(logger: logging.Logger, lines: Sequence[str]) -> None:
    """Log at level info, now, after what was said before; these lines are JSON already, with their ends."""
    if lines and logger.isEnabledFor(logging.INFO):
        _LINES.deal(lines)


def milliseconds(seconds: float) -> float:
    """With one digit behind the point; round() takes longer than making the line."""
    return int(seconds * 10_000) / 10


def _write(lines: Sequence[FrequentLine | str]) -> None:
    text = "".join([each if isinstance(each, str) else _encoded(each) for each in lines])
    # A reader that is gone, a disk that is full: as with `logging`, whoever speaks is not told.
    with contextlib.suppress(OSError):
        sys.stderr.write(text)


def _encoded(line: FrequentLine) -> str:
    return ENCODER.encode_lines((line,)).decode()


_LINES: Coalesced[FrequentLine | str] = Coalesced(_write)

"""Logs: one JSON object a line on standard error, and never a value that came from outside.

Only what a caller names in `extra` is written. Tracebacks show where, not what: an exception's message
may quote a token or an address. Libraries' messages are cut to their constant part for that reason.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from common.trace import log_fields

OURS = ("auth_service", "app_service", "common", "gunicorn", "__main__")
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _message(record),
        }
        extras = {**log_fields(), **vars(record)}.items()
        line.update({k: v for k, v in extras if k not in STANDARD and v is not None})
        if record.exc_info and record.exc_info[1]:
            line["exception"] = type(record.exc_info[1]).__name__
            line["where"] = _where(record.exc_info[1])
        return json.dumps(line, default=str)


def logging_settings(level: str) -> dict[str, Any]:
    """A logging.config.dictConfig that sends everything, gunicorn's lines included, to one place."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": level.upper(), "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
            # At debug level these quote headers and bodies.
            "asyncio": {"level": "WARNING"},
            "aiohttp": {"level": "INFO"},
            "redis": {"level": "WARNING"},
        },
    }


def _message(record: logging.LogRecord) -> str:
    if record.name.startswith(OURS):
        return record.getMessage()
    return str(record.msg).partition("\n")[0].partition("%")[0][:80]


def _where(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]

"""What the processes write: a short line for a person at a terminal, or as it is for a program.

A request of the browser is told once, by the door; a call of Webex once, by the sandbox if there is one.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from local_stack.ports import Ports

WIDTH = len("webex_sandbox")
SANDBOX_LINE = re.compile(r"\S+ \S+,\d+ (?P<level>[A-Z]+) (?P<logger>\S+) (?P<event>.*)")
SANDBOX_REQUEST = re.compile(r"(?P<method>[A-Z]+) (?P<path>\S+) (?P<status>\d+) (?P<ms>[\d.]+) ms")
# Each process has its own; red and yellow are for what went wrong.
COLOURS = {"auth_service": 35, "app_service": 36, "webex_sandbox": 34, "nginx": 90, "redis": 90}
RED, YELLOW, GREEN, DIM = 31, 33, 32, 2
BY_STATUS = {"2": GREEN, "3": GREEN, "4": YELLOW, "5": RED}
BY_LEVEL = {"warning": YELLOW, "error": RED, "critical": RED}
# What a line begins with by itself, or what another line of the same request tells.
TOLD = {
    "time",
    "level",
    "logger",
    "event",
    "request_id",
    "trace_id",
    "span_id",
    "tracking_id",
    "check",
}
# A page that is not there is told by the request's own line, and an exception by a line of its own.
TOLD_ELSEWHERE = {"not_found", "method_not_allowed", "unforeseen"}
Fields = Mapping[str, Any]
Paint = Callable[[str, int], str]


class Writing(Protocol):
    """How a line of a process is shown."""

    def show(self, process: str, line: str) -> Iterator[str]:
        """Return the lines for it; none if it tells nothing new."""


class AsWritten:
    """JSON stays JSON: for a program, or a file."""

    def __init__(self, width: int) -> None:
        self._width = width

    def show(self, process: str, line: str) -> Iterator[str]:
        yield f"{process:{self._width}} | {line}"


class ForPeople:
    """Time, who, what happened. Whatever cannot be read as one of our lines is shown as it is."""

    def __init__(self, ports: Ports, *, paint: Paint) -> None:
        self._services = {
            str(port): name for name in ("auth_service", "app_service") for port in ports.of(name)
        }
        self._sandbox = bool(ports.webex_sandbox)
        self._paint = paint

    def show(self, process: str, line: str) -> Iterator[str]:
        name = process.partition(".")[0]
        told = self._told(name, line)
        if told is None:
            return
        who, text = told
        colour = COLOURS.get(who.partition(".")[0], 0)
        first, *rest = text.split("\n")
        yield f"{time.strftime('%H:%M:%S')}  {self._paint(f'{who:{WIDTH}}', colour)}  {first}"
        yield from (f"{'':{WIDTH + 12}}{more}" for more in rest)

    def _told(self, name: str, line: str) -> tuple[str, str] | None:
        """Who says what; None if it is not for people."""
        if name == "redis":  # the services tell what it does to them
            return None
        fields = _read(name, line)
        if fields is None:
            return name, _printable(line)
        if fields.get("event") == "request":
            return self._request(name, fields)
        text = self._event(fields)
        return (name, text) if text else None

    def _request(self, name: str, fields: Fields) -> tuple[str, str] | None:
        if name == "nginx":
            who = self._services.get(str(fields.get("upstream", "")).rpartition(":")[2], name)
            milliseconds = float(fields.get("seconds", 0)) * 1000
            return who, self._answered(fields, str(fields.get("path", "")), milliseconds)
        if name == "webex_sandbox":
            path = str(fields.get("path", ""))
            if path in ("/healthz", "/readyz"):
                return None
            return name, self._answered(fields, path, float(fields.get("ms", 0)))
        route = str(fields.get("route", ""))
        # Others came through the door, which has told of them.
        if not route.startswith("/internal/"):
            return None
        return name, self._answered(fields, route, float(fields.get("ms", 0)))

    def _answered(self, fields: Fields, path: str, milliseconds: float) -> str:
        status = str(fields.get("status", ""))
        what = _printable(f"{fields.get('method', '')} {path}")
        took = self._paint(f"{milliseconds:.0f} ms", DIM)
        text = f"{what} {self._paint(status, BY_STATUS.get(status[:1], 0))} {took}"
        return (
            self._paint(text, DIM) if path.startswith("/static/") and status[:1] in "23" else text
        )

    def _event(self, fields: Fields) -> str:
        event, level = str(fields.get("event", "")), str(fields.get("level", "info"))
        if _is_known(fields, sandbox=self._sandbox):
            return ""
        if "error" in fields:
            return self._mistake(fields)
        more = " ".join(f"{key}={_plain(fields[key])}" for key in fields if key not in TOLD)
        text = self._paint(_printable(event), BY_LEVEL.get(level, 0))
        text = f"{text} {self._paint(_printable(more), DIM)}" if more else text
        return f"{text}\n{_printable(fields['check'])}" if "check" in fields else text

    def _mistake(self, fields: Fields) -> str:
        """What the log has of an exception where it may be shown (common/telemetry/mistakes.py)."""
        lines = [self._paint(_printable(fields["error"]), RED)]
        if "file" in fields:
            lines.append(_printable(f"{fields['file']}:{fields.get('line', '?')}"))
            lines.append("  " + _printable(fields.get("source", "")))
        if "request_id" in fields:
            lines.append(self._paint(_printable(f"reference {fields['request_id']}"), DIM))
        return "\n".join(lines)


def _is_known(fields: Fields, *, sandbox: bool) -> bool:
    """Whether somebody else tells it, or it is the everyday noise of a program."""
    event, level = fields.get("event"), fields.get("level")
    if fields.get("logger") in ("gunicorn.error", "webex_sandbox"):
        return level == "info"
    if event == "failure":
        return fields.get("slug") in TOLD_ELSEWHERE
    return event == "webex_request" and sandbox and "status" in fields


def _read(name: str, line: str) -> Fields | None:
    if line.startswith("{"):
        try:
            fields = json.loads(line)
        except ValueError:
            return None
        return fields if isinstance(fields, dict) else None
    if name == "webex_sandbox" and (match := SANDBOX_LINE.fullmatch(line)):
        if request := SANDBOX_REQUEST.fullmatch(match["event"]):
            return {"event": "request", **request.groupdict()}
        return {**match.groupdict(), "level": match["level"].lower()}
    return None


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _printable(text: object) -> str:
    """Without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(text))

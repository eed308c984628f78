"""Log lines that nearly every request writes, past the logging module and in the same form.

A record, its handler and a write of its own cost a line seven times as much. The lines of one event-loop
turn leave together.
"""

import asyncio
import logging
import sys
import time

import msgspec

from common.logs import ENCODER, moment
from common.trace import Trace, current


class FrequentLine(msgspec.Struct, omit_defaults=True):
    """What every line begins with; what is None by default, and stays so, is left out."""

    time: str
    level: str
    logger: str
    event: str
    request_id: str | None = None
    trace_id: str | None = None


def beginning(
    logger: logging.Logger, event: str, trace: Trace | None = None
) -> tuple[str, str, str, str, str | None, str | None]:
    """The first fields of a line that is written now, for the current request or another one."""
    known = trace or current()
    return _LINES.moment(), "info", logger.name, event, known.request_id, known.trace_id


def say(logger: logging.Logger, line: FrequentLine) -> None:
    """Log at level info."""
    if logger.isEnabledFor(logging.INFO):
        _LINES.add(line)


def milliseconds(seconds: float) -> float:
    """With one digit behind the point; round() takes longer than making the line."""
    return int(seconds * 10_000) / 10


class _LinesOfATurn:
    def __init__(self) -> None:
        self._lines: list[FrequentLine] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._moment = ""

    def moment(self) -> str:
        """When the first line of this turn was begun; the others follow within milliseconds."""
        if not self._lines:
            self._moment = moment(time.time())
        return self._moment

    def add(self, line: FrequentLine) -> None:
        # Lines that a closed loop left behind go out with the next ones.
        if not self._lines or self._loop is None or self._loop.is_closed():
            self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._write)
        self._lines.append(line)

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        sys.stderr.write(ENCODER.encode_lines(lines).decode())


_LINES = _LinesOfATurn()

"""Log lines that nearly every request writes, past the logging module and in the same form.

A record, its handler and a write of its own cost a line seven times as much. The lines of one event-loop
turn leave together.
"""

import logging
import sys
import time
from collections.abc import Sequence

import msgspec

from common.telemetry.end_of_turn import EndOfTurn
from common.telemetry.logs import ENCODER, moment
from common.telemetry.trace import current


class FrequentLine(msgspec.Struct, omit_defaults=True):
    """What every line begins with; what is None by default, and stays so, is left out."""

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
    """Log at level info, at the end of this turn of the event loop."""
    if logger.isEnabledFor(logging.INFO):
        _LINES.add(line)


def say_all(logger: logging.Logger, lines: Sequence[FrequentLine]) -> None:
    """Log at level info, now."""
    if lines and logger.isEnabledFor(logging.INFO):
        _write(lines)


def milliseconds(seconds: float) -> float:
    """With one digit behind the point; round() takes longer than making the line."""
    return int(seconds * 10_000) / 10


def _write(lines: Sequence[FrequentLine]) -> None:
    sys.stderr.write(ENCODER.encode_lines(lines).decode())


_LINES = EndOfTurn(_write)

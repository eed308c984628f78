"""Log lines that nearly every request writes, past the logging module and in the same form.

A record, its handler and a write of its own cost a line ten times as much. The lines of one event-loop
turn leave together.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Mapping

from common.logs import json_line


class _LinesOfATurn:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, line: str) -> None:
        loop = asyncio.get_running_loop()
        # A loop that was closed in between writes nothing any more.
        if not self._lines or loop is not self._loop:
            self._loop = loop
            loop.call_soon(self._write)
        self._lines.append(line)

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        sys.stderr.write("\n".join((*lines, "")))


_LINES = _LinesOfATurn()


def say(logger: logging.Logger, event: str, fields: Mapping[str, object]) -> None:
    """Log at level info. What is None in `fields` is left out."""
    if logger.isEnabledFor(logging.INFO):
        known = {name: value for name, value in fields.items() if value is not None}
        _LINES.add(json_line(time.time(), "info", logger.name, event, known))

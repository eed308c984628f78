"""The Procfile: one process a line, `name: command`, as foreman and its kin read it."""

import re
from pathlib import Path

LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(.+)$", re.MULTILINE)


def read(file: Path) -> dict[str, str]:
    """Return the commands by name, in the order of the file."""
    return dict(LINE.findall(file.read_text(encoding="utf-8")))

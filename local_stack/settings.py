"""What `make run` is told: the environment, with .env under it."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from local_stack import dotenv

PORT = 8080
SANDBOX_PORT = 8090


class PortMalformedError(ValueError):
    """A port that is no number; the text names the variable."""


def read(folder: Path) -> Mapping[str, str]:
    """Read the .env of a folder; raise DotenvError."""
    return {**os.environ, **dotenv.load(folder / ".env", os.environ)}


def port(settings: Mapping[str, str], name: str, default: int) -> int:
    """Return a number, which need not be that of a port; raise PortMalformedError."""
    value = settings.get(name, "").strip() or str(default)
    # Python refuses to read a number of thousands of digits.
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise PortMalformedError(f"{name} must be a number from 1 to 65535.")
    return int(value)

"""Secrets of this machine's stack: made once, kept in files that only their owner can read."""

import os
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

SECRET_BYTES = 32


def keep(file: Path) -> Path:
    """Return the file, with a random secret in it from now on."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists() or not file.stat().st_size:
        _write(file)
    return file


def _write(file: Path) -> None:
    """Write it whole or not at all: an empty one, of a full disk or a power cut, would stay for good."""
    with TemporaryDirectory(dir=file.parent) as folder:
        new = Path(folder) / file.name
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as content:
            content.write(secrets.token_urlsafe(SECRET_BYTES).encode())
            content.flush()
            os.fsync(descriptor)
        new.replace(file)

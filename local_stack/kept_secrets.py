"""Secrets of this machine's stack: made once, kept in files that only their owner can read."""

import os
import secrets
from pathlib import Path

SECRET_BYTES = 32


def keep(file: Path) -> Path:
    """Return the file, with a random secret in it from now on."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(descriptor, secrets.token_urlsafe(SECRET_BYTES).encode())
        os.close(descriptor)
    return file

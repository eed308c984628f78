"""A certificate for two names that exist in tests only, which the user of a container can read."""

from pathlib import Path

from tests.certificate import certificate

NAMES = ("app.example.test", "webex.example.test")


def make(folder: Path) -> tuple[Path, Path]:
    """Write certificate and key; return their paths."""
    files = certificate(folder, *NAMES)
    for file in files:
        file.chmod(0o644)
    return files

"""What one local stack is made of: the folder it lives in, its ports, the settings it was given."""

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from local_stack.embedded_store import data_folder
from local_stack.ports import Ports

REPOSITORY = Path(__file__).resolve().parent.parent
SECRET_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Layout:
    folder: Path
    """Absolute. Files written at each start, Redis' data, and the secrets of this stack."""
    ports: Ports
    settings: Mapping[str, str]
    """The environment, with .env under it."""
    programs: Mapping[str, str]
    """Paths of redis and nginx."""
    python: Path = Path(sys.executable)
    """The Python of the services and the sandbox."""

    @property
    def public_url(self) -> str:
        return self._given("PUBLIC_URL") or f"http://localhost:{self.ports.door}"

    @property
    def sandbox_url(self) -> str:
        return self._given("SANDBOX_URL") or f"http://localhost:{self.ports.webex_sandbox[0]}"

    @property
    def redis_folder(self) -> Path:
        """Where Redis keeps the sessions."""
        return self.folder / data_folder(self.programs["redis"])

    def _given(self, name: str) -> str:
        """A setting as the services read it: without blanks around it."""
        return self.settings.get(name, "").strip()

    def secret(self, name: str) -> Path:
        """The file of a secret that belongs to this stack alone."""
        return keep_secret(self.folder / "secrets" / name)


def run_folder(repository: Path, door: int) -> Path:
    """Stacks on different ports do not share their Redis' data."""
    return repository / ".run" / str(door)


def uses_real_webex(settings: Mapping[str, str]) -> bool:
    return any(settings.get(name, "").strip() for name in ("CLIENT_ID", "CLIENT_ID_FILE"))


def keep_secret(file: Path) -> Path:
    """Return the file, with a random secret in it from now on, which only its owner can read."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists() or not file.stat().st_size:
        _write_secret(file)
    return file


def _write_secret(file: Path) -> None:
    """Write it whole or not at all: an empty one, of a full disk or a power cut, would stay for good."""
    with TemporaryDirectory(dir=file.parent) as folder:
        new = Path(folder) / file.name
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as content:
            content.write(secrets.token_urlsafe(SECRET_BYTES).encode())
            content.flush()
            os.fsync(descriptor)
        new.replace(file)

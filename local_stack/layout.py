"""What one local stack is made of: the folder it lives in, its ports, the settings it was given."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_stack import kept_secrets
from local_stack.ports import Ports

REPOSITORY = Path(__file__).resolve().parent.parent


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

    def _given(self, name: str) -> str:
        """A setting as the services read it: without blanks around it."""
        return self.settings.get(name, "").strip()

    def secret(self, name: str) -> Path:
        """The file of a secret that belongs to this stack alone."""
        return kept_secrets.keep(self.folder / "secrets" / name)


def run_folder(repository: Path, door: int) -> Path:
    """Stacks on different ports do not share their Redis' data."""
    return repository / ".run" / str(door)


def uses_real_webex(settings: Mapping[str, str]) -> bool:
    return any(settings.get(name, "").strip() for name in ("CLIENT_ID", "CLIENT_ID_FILE"))

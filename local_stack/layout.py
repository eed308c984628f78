"""What one local stack is made of: the folder it lives in, its ports, the settings it was given."""

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

    @property
    def public_url(self) -> str:
        return self.settings.get("PUBLIC_URL") or f"http://localhost:{self.ports.door}"

    @property
    def sandbox_url(self) -> str:
        return self.settings.get("SANDBOX_URL") or f"http://localhost:{self.ports.webex_sandbox[0]}"

    def secret(self, name: str) -> Path:
        """The file of a secret that belongs to this stack alone."""
        return kept_secrets.keep(self.folder / "secrets" / name)


def uses_real_webex(settings: Mapping[str, str]) -> bool:
    return bool(settings.get("CLIENT_ID") or settings.get("CLIENT_ID_FILE"))

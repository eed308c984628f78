"""Integrations as they are registered at developer.webex.com."""

from dataclasses import dataclass

from aiohttp import web

from webex_sandbox.scopes import REGISTERED_SCOPES
from webex_sandbox.settings import Settings

DEMO_CLIENT_ID = "insecure-sandbox-integration"
DEMO_CLIENT_SECRET = "insecure-sandbox-secret"
DEMO_NAME = "Demo integration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    client_id: str
    client_secret: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str] = REGISTERED_SCOPES


class Integrations:
    """All registered integrations, by client id."""

    def __init__(self, settings: Settings) -> None:
        self._demo = Integration(
            client_id=DEMO_CLIENT_ID,
            client_secret=DEMO_CLIENT_SECRET,
            name=DEMO_NAME,
            redirect_uris=settings.redirect_uris,
        )
        self._registered: dict[str, Integration] = {}
        self.reset()

    def reset(self) -> None:
        self._registered = {DEMO_CLIENT_ID: self._demo}

    def register(self, integration: Integration) -> None:
        """Add an integration, or replace the one with the same client id."""
        self._registered[integration.client_id] = integration

    def find(self, client_id: str) -> Integration | None:
        return self._registered.get(client_id)

    def all(self) -> list[Integration]:
        return list(self._registered.values())


INTEGRATIONS = web.AppKey("INTEGRATIONS", Integrations)

"""The app service's settings: what both services read, and where the auth service is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from common.settings.environment import Environment
from common.settings.loopback import is_loopback
from common.settings.service import ServiceSettings, read_service_settings

# With a letter in its last part, so no address.
HOST = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{1,62}")
DEFAULT_BIND = "127.0.0.1:8082"
# The bot and the space that the sandbox has from the start.
SANDBOX_BOT_TOKEN = "insecureSandboxBotToken0_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f"  # noqa: S105
SANDBOX_SPACE_ID = "Y2lzY29zcGFyazovL3VzL1JPT00vYmZlMGQyNDUtYTQ3ZS01YjZhLWI5N2QtNTA2YTAxNjQ2ZDU4"


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """What is None or off here has a page that says so; it never keeps the service from starting."""

    auth_url: str
    bot_token: str | None = field(repr=False)
    space_id: str | None
    official_widget: bool
    webhooks: bool
    card_image_hosts: frozenset[str]
    streams_per_person: int
    downloads_per_person: int

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "Settings":
        """Read the environment; raise SettingsError with every problem at once."""
        return cls.from_environment(Environment(variables))

    @classmethod
    def from_environment(cls, env: Environment) -> "Settings":
        shared: dict[str, Any] = read_service_settings(env, default_bind=DEFAULT_BIND)
        sandbox, host = shared["webex"].sandbox, urlsplit(shared["public_url"]).hostname
        settings = cls(
            **shared,
            auth_url=env.url("AUTH_URL", "http://127.0.0.1:8081", ("http://",)),
            bot_token=env.optional("BOT_TOKEN") or (SANDBOX_BOT_TOKEN if sandbox else None),
            space_id=env.optional("SPACE_ID") or (SANDBOX_SPACE_ID if sandbox else None),
            official_widget=env.switch("OFFICIAL_WIDGET", default=False),
            # Webex cannot reach a loopback address.
            webhooks=env.switch("WEBHOOKS", default=not is_loopback(host)),
            card_image_hosts=_hosts(env, "CARD_IMAGE_HOSTS"),
            streams_per_person=env.integer("STREAMS_PER_PERSON", 20, minimum=1, maximum=5000),
            downloads_per_person=env.integer("DOWNLOADS_PER_PERSON", 6, minimum=1, maximum=1000),
        )
        env.check()
        return settings


def _hosts(env: Environment, name: str) -> frozenset[str]:
    """Names of hosts; addresses are refused, as nobody could tell whether they stay public."""
    hosts = env.words(name, "")
    if not all(HOST.fullmatch(host) for host in hosts):
        env.refuse(
            f"{name} must be names of hosts, as in pictures.example.com, with spaces between"
        )
    return frozenset(host.lower() for host in hosts)

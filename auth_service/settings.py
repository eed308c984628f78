"""The auth service's settings: what both services read, the client secret and the redirect URI."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from common.settings.environment import Environment
from common.settings.service import ServiceSettings, read_service_settings
from common.settings.webex import SANDBOX_CLIENT_SECRET
from common.webex.scopes import OPENID

DEFAULT_BIND = "127.0.0.1:8081"
# With a proof a callback makes a third call to Webex, and nginx waits as long as without.
LONGEST_WEBEX_SECONDS_WITH_PROOF = 13


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    redirect_uri: str
    client_secret: str = field(repr=False)
    sign_in_max_age: int | None
    """How long ago, in seconds, whoever signs in may have shown Webex who they are; None: however long."""

    @property
    def scopes_asked(self) -> tuple[str, ...]:
        """What everybody is asked for; the proof is part of openid."""
        if self.sign_in_max_age is None or OPENID in self.scopes:
            return self.scopes
        return (*self.scopes, OPENID)

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "Settings":
        """Read the environment; raise SettingsError with every problem at once."""
        return cls.from_environment(Environment(variables))

    @classmethod
    def from_environment(cls, env: Environment) -> "Settings":
        shared: dict[str, Any] = read_service_settings(env, default_bind=DEFAULT_BIND)
        settings = cls(
            **shared,
            redirect_uri=_redirect_uri(env, shared["public_url"]),
            client_secret=_client_secret(env, sandbox=shared["webex"].sandbox),
            sign_in_max_age=_sign_in_max_age(env, shared["webex_timeout_seconds"]),
        )
        env.check()
        return settings


def _redirect_uri(env: Environment, public_url: str) -> str:
    """Webex compares it letter by letter with the registered one; nginx brings /oauth to us."""
    expected = f"{public_url}/oauth"
    uri = env.text("REDIRECT_URI", expected)
    if uri != expected:
        env.refuse(f"REDIRECT_URI must be exactly PUBLIC_URL with /oauth behind it: {expected}")
    return uri


def _client_secret(env: Environment, *, sandbox: bool) -> str:
    if sandbox:
        return SANDBOX_CLIENT_SECRET
    return env.text("CLIENT_SECRET")


def _sign_in_max_age(env: Environment, webex_timeout_seconds: int) -> int | None:
    name = "SIGN_IN_MAX_AGE_SECONDS"
    if env.optional(name) is None:
        return None
    if webex_timeout_seconds > LONGEST_WEBEX_SECONDS_WITH_PROOF:
        env.refuse(
            f"WEBEX_TIMEOUT_SECONDS must be at most {LONGEST_WEBEX_SECONDS_WITH_PROOF} with {name}: "
            "a sign-in then makes three calls to Webex, one after the other"
        )
    return env.integer(name, 0, minimum=0, maximum=90 * 86400)

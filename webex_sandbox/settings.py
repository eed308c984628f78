"""What the sandbox is told by its environment, read once at start-up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from aiohttp import web

DEFAULT_URL = "http://localhost:8090"
# The two ports that the tutorial uses are registered whatever the settings say.
TUTORIAL_REDIRECT_URIS = ("http://localhost:8080/oauth", "http://localhost:9090/oauth")
_HIGHEST_PORT = 65535
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(ValueError):
    """The sandbox must not start like this; the text says why in one sentence."""


class RealWebexConfigured(Exception):
    """CLIENT_ID is set: the services talk to Webex itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the sandbox listens, how browsers and services reach it, and who may come back."""

    host: str = "127.0.0.1"
    port: int = 8090
    url: str = DEFAULT_URL
    """The sandbox as a browser sees it, without a slash at its end."""
    internal_url: str = DEFAULT_URL
    """The sandbox as the services see it; it differs from `url` between containers."""
    redirect_uris: tuple[str, ...] = TUTORIAL_REDIRECT_URIS
    """The redirect URIs registered for the integration that exists from the start."""
    log_level: str = "INFO"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            SettingsError: PUBLIC_URL is https, or a setting cannot be understood.
            RealWebexConfigured: CLIENT_ID is set.

        """
        if _text(environ, "CLIENT_ID") or _text(environ, "CLIENT_ID_FILE"):
            raise RealWebexConfigured(
                "CLIENT_ID is set, so the services use Webex itself and the sandbox is not needed."
            )
        port = _text(environ, "PORT") or "8080"
        public_url = _text(environ, "PUBLIC_URL") or f"http://localhost:{port}"
        if urlsplit(public_url).scheme.lower() == "https":
            raise SettingsError(
                "PUBLIC_URL is an https address: the sandbox lets anybody in, so it refuses to"
                " stand behind a real site; set CLIENT_ID and CLIENT_SECRET to use Webex instead."
            )
        # In lower case, as the services spell what they make of PUBLIC_URL.
        redirect_uri = _text(environ, "REDIRECT_URI") or f"{public_url.rstrip('/').lower()}/oauth"
        host, own_port = _bind(_text(environ, "SANDBOX_BIND") or "127.0.0.1:8090")
        url = _address("SANDBOX_URL", _text(environ, "SANDBOX_URL") or DEFAULT_URL)
        return cls(
            host=host,
            port=own_port,
            url=url,
            internal_url=_address(
                "SANDBOX_INTERNAL_URL", _text(environ, "SANDBOX_INTERNAL_URL") or url
            ),
            redirect_uris=tuple(dict.fromkeys((redirect_uri, *TUTORIAL_REDIRECT_URIS))),
            log_level=_log_level(environ),
        )


SETTINGS = web.AppKey("SETTINGS", Settings)


def _text(environ: Mapping[str, str], name: str) -> str:
    """A value as the services read it: without blanks around it, and empty if it is unset."""
    return environ.get(name, "").strip()


def _bind(value: str) -> tuple[str, int]:
    host, colon, port = value.rpartition(":")
    is_port = re.fullmatch(r"[0-9]{1,5}", port) and int(port) <= _HIGHEST_PORT
    if not (colon and host and is_port):
        raise SettingsError(f"SANDBOX_BIND must be host:port, and {value!r} is not.")
    return host.strip("[]"), int(port)


def _address(name: str, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"{name} must be an http address, and {value!r} is not.")
    return value.rstrip("/")


def _log_level(environ: Mapping[str, str]) -> str:
    default = "debug" if _text(environ, "DEBUG").startswith("oauth") else "info"
    level = (_text(environ, "LOG_LEVEL") or default).upper()
    if level not in _LOG_LEVELS:
        raise SettingsError(f"LOG_LEVEL must be one of {', '.join(_LOG_LEVELS).lower()}.")
    return level

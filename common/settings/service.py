"""Settings: read once from the environment, checked together, then frozen."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from common.settings.allowlist import Allowlist, read_allowlist
from common.settings.bound_sessions import BoundSessions, read_bound_sessions
from common.settings.embedding import read_embed_origins
from common.settings.environment import Environment
from common.settings.loopback import is_loopback
from common.settings.otlp import OtlpAddress, read_otlp_address
from common.settings.redis import RedisCredentials, read_redis_credentials, read_redis_url
from common.settings.scopes import read_scopes_max
from common.settings.site import SiteSettings, read_site_settings
from common.settings.webex import WebexAddresses, choose_webex

MINIMUM_KEY_LENGTH = 32
# A callback makes two calls to Webex, one after the other, and nginx waits 45 s for the answer. (With
# SIGN_IN_MAX_AGE_SECONDS it makes three: see auth_service.settings.)
LONGEST_WEBEX_SECONDS = 20
# With the second a cookie is none that a sibling host has set; with the first, no script of this site either
# (draft-ietf-httpbis-layered-cookies; Chrome from 140 on). A browser that does not know that sees the second.
COOKIE_PREFIXES = HTTP_ONLY_PREFIX, HOST_PREFIX = "__Host-Http-", "__Host-"
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """What both services read. Durations are whole seconds, addresses have no trailing slash."""

    bind: str
    workers: int
    public_url: str
    session_keys: tuple[str, ...] = field(repr=False)
    session_idle_seconds: int
    session_max_seconds: int
    bound_sessions: BoundSessions
    cookie_prefix: str
    """Of the name of a session's cookie over https."""
    redis_url: str = field(repr=False)
    redis_credentials: RedisCredentials
    redis_own_reader: bool
    """Whether what is asked goes over connections of its own (common.store.own_connection)."""
    webex: WebexAddresses
    webex_timeout_seconds: int
    least_body_rate: int
    """Bytes a second, on average over `least_body_seconds`."""
    least_body_seconds: int
    scopes: tuple[str, ...]
    scopes_max: tuple[str, ...]
    allowlist: Allowlist
    site: SiteSettings
    log_level: str
    otlp: OtlpAddress
    embed_origins: tuple[str, ...]
    """Whose pages may show ours in a frame; without any, nobody's."""

    local_door: bool
    """Whether who started this says that the door listens on this machine only."""

    @property
    def on_this_machine(self) -> bool:
        """Whether PUBLIC_URL is for browsers on this machine: then a log may say what went wrong."""
        return is_loopback(urlsplit(self.public_url).hostname)

    @property
    def mistakes_on_page(self) -> bool:
        """Whether a page may, too: nobody else can read it, and no account behind it is real."""
        return self.on_this_machine and self.local_door and self.webex.sandbox

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")


def read_service_settings(env: Environment, *, default_bind: str) -> dict[str, object]:
    """The fields of ServiceSettings; problems are left in `env` for one check at the end."""
    public_url = _public_url(env)
    https = public_url.startswith("https://")
    bound_sessions = read_bound_sessions(env, https=https)
    scopes = env.words("SCOPES", "spark:people_read")
    if env.optional("STATE"):
        env.refuse("STATE must not be set: the state is random for every sign-in")
    return {
        "bind": _bind(env, default_bind),
        "workers": env.integer("WEB_CONCURRENCY", 1, minimum=1, maximum=64),
        "public_url": public_url,
        "session_keys": _session_keys(env, https=https),
        "session_idle_seconds": env.integer(
            "SESSION_IDLE_SECONDS", 8 * 3600, minimum=60, maximum=90 * 86400
        ),
        "session_max_seconds": env.integer(
            "SESSION_MAX_SECONDS", 14 * 86400, minimum=60, maximum=90 * 86400
        ),
        "bound_sessions": bound_sessions,
        "cookie_prefix": _cookie_prefix(env),
        "redis_url": read_redis_url(env),
        "redis_credentials": read_redis_credentials(env),
        "redis_own_reader": env.switch("REDIS_OWN_READER", default=True),
        "webex": choose_webex(env, public_url),
        "webex_timeout_seconds": env.integer(
            "WEBEX_TIMEOUT_SECONDS", 10, minimum=1, maximum=LONGEST_WEBEX_SECONDS
        ),
        "least_body_rate": env.integer("LEAST_BODY_RATE", 1000, minimum=1, maximum=1_000_000),
        "least_body_seconds": env.integer("LEAST_BODY_SECONDS", 30, minimum=1, maximum=3600),
        "scopes": scopes,
        "scopes_max": read_scopes_max(env, scopes),
        "allowlist": read_allowlist(env),
        "site": read_site_settings(env),
        "log_level": _log_level(env),
        "otlp": read_otlp_address(env),
        "embed_origins": read_embed_origins(env, bound_sessions, https=https),
        "local_door": env.text("LOCAL_DOOR", "off").lower() == "on",
    }


def _public_url(env: Environment) -> str:
    port = env.integer("PORT", 8080, minimum=1, maximum=65535)
    url = env.url("PUBLIC_URL", f"http://localhost:{port}", ("http://", "https://"))
    parts = urlsplit(url)
    # It goes into headers and into nginx's files as it is.
    if not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.\-]+)(:[0-9]*)?", parts.netloc):
        env.refuse("PUBLIC_URL must have a host of letters, digits, dots and hyphens")
    if parts.path:
        env.refuse("PUBLIC_URL must be the root of a host: the pages do not live under a path")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        env.refuse("PUBLIC_URL must start with https:// unless its host is localhost")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _session_keys(env: Environment, *, https: bool) -> tuple[str, ...]:
    keys = env.words("SESSION_KEYS", "")
    if not keys:
        env.refuse("SESSION_KEYS is not set")
    if any(len(key) < MINIMUM_KEY_LENGTH for key in keys):
        env.refuse(f"SESSION_KEYS: each key needs at least {MINIMUM_KEY_LENGTH} characters")
    if https and any("insecure" in key.lower() for key in keys):
        env.refuse('SESSION_KEYS: a key that contains "insecure" is refused with https PUBLIC_URL')
    return keys


def _cookie_prefix(env: Environment) -> str:
    prefix = env.text("COOKIE_PREFIX", HTTP_ONLY_PREFIX)
    if prefix not in COOKIE_PREFIXES:
        env.refuse(f"COOKIE_PREFIX must be {' or '.join(COOKIE_PREFIXES)}")
    return prefix


def _bind(env: Environment, default: str) -> str:
    bind = env.text("BIND", default)
    match = re.fullmatch(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.\-]*):([0-9]{1,5})", bind)
    if match is None or int(match[2]) > 65535:
        env.refuse("BIND must be host:port")
    return bind


def _log_level(env: Environment) -> str:
    # The ancestor's users type DEBUG=oauth*; for us that is a log level.
    default = "debug" if (env.optional("DEBUG") or "").startswith("oauth") else "info"
    level = env.text("LOG_LEVEL", default).lower()
    if level not in LOG_LEVELS:
        env.refuse(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}")
    return level

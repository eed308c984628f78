"""REDIS_URL in all its forms, taken apart. Pure: nothing is opened and nothing is asked.

    redis://[user:password@]host[:port][/db]            rediss:// with TLS
    unix://[user:password@]/path/to/socket[?db=0]
    redis+sentinel://[user:password@]host[:port],…/service[/db]     rediss+sentinel://
    redis+cluster://[user:password@]host[:port],…                   rediss+cluster://

Credentials in the address are Redis' own and percent-encoded (RFC 3986 section 2.1); REDIS_USERNAME and
REDIS_PASSWORD win over them. Parameters behind "?" are the ones redis-py knows: db, ssl_ca_certs,
ssl_certfile, ssl_keyfile, ssl_check_hostname.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

from common.settings.environment import Environment

REDIS_PORT = 6379
SENTINEL_PORT = 26379
PARAMETERS = ("db", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname")
URL = re.compile(
    r"(?P<scheme>[a-z+]+)://(?:(?P<user>[^@/?]*)@)?(?P<hosts>[^@/?#]*)(?P<path>/[^?#@]*)?(?:\?(?P<query>[^#]*))?"
)
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.\-]+)(?::([0-9]{1,5}))?")


class AddressMalformed(ValueError):
    """The address is none of the forms. The text says what is wrong and never quotes a value."""


@dataclass(frozen=True, kw_only=True)
class RedisCredentials:
    """What stands apart from the address. `ca` is a PEM text; the Sentinels have users of their own."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    ca: str | None = field(default=None, repr=False)


class Kind(Enum):
    SINGLE = ""
    SENTINEL = "+sentinel"
    CLUSTER = "+cluster"
    SOCKET = "unix"


@dataclass(frozen=True, kw_only=True)
class RedisAddress:
    """Where Redis is. `hosts` are the Sentinels, or any nodes of the cluster, or the one server."""

    kind: Kind
    tls: bool
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    service: str = ""
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read REDIS_URL; raise AddressMalformed."""
        match = URL.fullmatch(url)
        if match is None:
            raise AddressMalformed(
                "is not an address; odd characters in a password belong into REDIS_PASSWORD"
            )
        kind, tls = _scheme(match["scheme"])
        username, password = _credentials(match["user"])
        options = _options(match["query"] or "")
        place = _place(kind, match["hosts"], unquote(match["path"] or ""), options.pop("db", None))
        if options and not tls:
            raise AddressMalformed("has parameters for TLS, but does not start with rediss")
        return cls(
            kind=kind, tls=tls, username=username, password=password, tls_options=options, **place
        )


def _scheme(scheme: str) -> tuple[Kind, bool]:
    if scheme == "unix":
        return Kind.SOCKET, False
    base, plus, form = scheme.partition("+")
    if base not in ("redis", "rediss") or plus + form not in ("", "+sentinel", "+cluster"):
        raise AddressMalformed(
            "must start with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"
        )
    return Kind(plus + form), base == "rediss"


def _credentials(user: str | None) -> tuple[str | None, str | None]:
    name, _, password = (user or "").partition(":")
    return unquote(name) or None, unquote(password) or None


def _options(query: str) -> dict[str, Any]:
    options: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    unknown = [name for name in options if name not in PARAMETERS]
    if unknown:
        raise AddressMalformed(f"has a parameter that is none of {', '.join(PARAMETERS)}")
    if "ssl_check_hostname" in options:
        options["ssl_check_hostname"] = _boolean(options["ssl_check_hostname"])
    return options


def _boolean(value: str) -> bool:
    if value.lower() not in ("true", "false", "yes", "no"):
        raise AddressMalformed("has ssl_check_hostname, which must be true or false")
    return value.lower() in ("true", "yes")


def _place(kind: Kind, hosts: str, path: str, db: str | None) -> dict[str, Any]:
    if kind is Kind.SOCKET:
        if hosts or not path.strip("/"):
            raise AddressMalformed("must have the socket's whole path after unix://")
        return {"path": path, "db": _database(db)}
    segments = [segment for segment in path.split("/") if segment]
    if kind is Kind.SENTINEL:
        if not 1 <= len(segments) <= 2:
            raise AddressMalformed("must name the service that the Sentinels watch: …/service")
        service, *segments = segments
        number = segments[0] if segments else db
        return {"hosts": _hosts(hosts, SENTINEL_PORT), "service": service, "db": _database(number)}
    if len(segments) > 1:
        raise AddressMalformed("has more than a database number behind the host")
    database = _database(segments[0] if segments else db)
    found = _hosts(hosts, REDIS_PORT)
    if kind is Kind.CLUSTER and database:
        raise AddressMalformed("must not name a database: a cluster has only number 0")
    if kind is Kind.SINGLE and len(found) > 1:
        raise AddressMalformed("has several hosts: redis+sentinel:// and redis+cluster:// can")
    return {"hosts": found, "db": database}


def _hosts(text: str, default_port: int) -> tuple[tuple[str, int], ...]:
    found = []
    for part in text.split(","):
        match = HOST.fullmatch(part.strip())
        if match is None or int(match[2] or default_port) > 65535:
            raise AddressMalformed("must have host or host:port, separated by commas")
        found.append((match[1].strip("[]"), int(match[2] or default_port)))
    return tuple(found)


def _database(number: str | None) -> int:
    if number and not re.fullmatch(r"[0-9]{1,4}", number):
        raise AddressMalformed("has a database that is not a number")
    return int(number or 0)


def read_redis_url(env: Environment) -> str:
    url = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
    try:
        RedisAddress.parse(url)
    except AddressMalformed as error:
        env.refuse(f"REDIS_URL {error}")
    return url


def read_redis_credentials(env: Environment) -> RedisCredentials:
    ca = env.optional("REDIS_CA")
    if ca and not are_certificates(ca):
        env.refuse("REDIS_CA must be certificates (PEM)")
    return RedisCredentials(
        username=env.optional("REDIS_USERNAME"),
        password=env.optional("REDIS_PASSWORD"),
        sentinel_username=env.optional("REDIS_SENTINEL_USERNAME"),
        sentinel_password=env.optional("REDIS_SENTINEL_PASSWORD"),
        ca=ca,
    )


def are_certificates(pem: str) -> bool:
    """Whether OpenSSL finds some in it. Otherwise every connection fails, as if nobody answered."""
    import ssl  # noqa: PLC0415 - a quarter of what reading the settings takes, and few set REDIS_CA

    try:
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, TypeError):  # the second for what is not ASCII
        return False
    return True

"""A client for every form of REDIS_URL, which connects at its first command.

One retry on a fresh connection, because a pooled socket is stale after Redis was restarted; none after
a timeout, because the person is waiting.
"""

import ssl
from typing import Any

import hiredis
from redis.asyncio import (
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.maint_notifications import MaintNotificationsConfig

from common.settings.redis import Kind, RedisAddress, RedisCredentials
from common.store.cluster import Cluster
from common.store.patience import Patience
from common.store.pool import Client, Pool
from common.store.sentinel import Sentinels, sentinel_pool
from common.store.servers import Servers, Single
from common.store.trouble import DEADLINE_SECONDS

# Commands are let through 32 at a time (common.store.access); the rest is for subscriptions.
CONNECTIONS = 64
CONNECT_SECONDS = 0.5
# A socket of this machine takes a connection at once, or its caller's deadline ends: a short limit would
# blame Redis for what holds this process up meanwhile.
LOCAL_CONNECT_SECONDS = 5


def connect(url: str, given: RedisCredentials, *, own_reader: bool = True) -> Servers:
    """Make the client; raise AddressMalformed. `own_reader`: see common.store.own_connection."""
    address = RedisAddress.parse(url)
    options = _options(address, given)
    match address.kind:
        case Kind.SENTINEL:
            return Sentinels(sentinel_pool(address, given, options), own_reader=own_reader)
        case Kind.CLUSTER:
            return Cluster(_cluster(address, options))
        case Kind.SOCKET:
            pool = Pool(connection_class=UnixDomainSocketConnection, path=address.path, **options)
        case Kind.SINGLE:
            pool = Pool(
                connection_class=SSLConnection if address.tls else Connection,
                host=address.hosts[0][0],
                port=address.hosts[0][1],
                **options,
            )
    return Single(Client(connection_pool=pool), own_reader=own_reader)


def _options(address: RedisAddress, given: RedisCredentials) -> dict[str, Any]:
    options: dict[str, Any] = {
        "username": given.username or address.username,
        "password": given.password or address.password,
        "db": address.db,
        "max_connections": CONNECTIONS,
        "socket_connect_timeout": CONNECT_SECONDS,
        "retry": _one_retry(),
        # The library's name is no business of Redis', and no service's user may tell it (CLIENT SETINFO):
        # each connection would leave two refusals in the log that shows who tries what no service does.
        "driver_info": None,
    }
    if address.kind is Kind.CLUSTER:
        options["socket_timeout"] = DEADLINE_SECONDS
    else:
        # RedisAccess.run is the deadline. A second one in here costs every command a task of its own.
        options |= {"socket_timeout": None, "redis_connect_func": _introduce}
    if address.kind is Kind.SOCKET:
        options["socket_connect_timeout"] = LOCAL_CONNECT_SECONDS
    else:
        # They are for Redis Enterprise, and cost every connection a round trip.
        options["maint_notifications_config"] = MaintNotificationsConfig(enabled=False)
    if address.tls:
        options |= _tls(address, given)
    return options


async def _introduce(connection: Connection) -> None:
    """What a new connection says first, in time: a subscription is opened outside of RedisAccess.run."""
    connection.pack_command = _packed  # type: ignore[assignment, method-assign]
    try:
        async with Patience(DEADLINE_SECONDS):
            await connection.on_connect()
    except TimeoutError:
        raise RedisTimeoutError("Redis took the connection, and did not answer") from None


def _packed(name: str, *arguments: Any) -> list[bytes]:
    """A command as Redis wants it, written in C, as redis-py does it itself without asyncio."""
    command: Any = (*name.split(), *arguments)
    return [hiredis.pack_command(command)]


def _tls(address: RedisAddress, given: RedisCredentials) -> dict[str, Any]:
    certificates = {"ssl_ca_data": given.ca} if given.ca else {}
    return {
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
        "ssl_min_version": ssl.TLSVersion.TLSv1_2,
        **certificates,
        **address.tls_options,
    }


def _one_retry() -> Retry:
    return Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))


def _cluster(address: RedisAddress, options: dict[str, Any]) -> RedisCluster:
    return RedisCluster(
        startup_nodes=[ClusterNode(host, port) for host, port in address.hosts],
        ssl=address.tls,
        **options,
    )

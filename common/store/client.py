"""A client for every form of REDIS_URL, which connects at its first command.

One retry on a fresh connection, because a pooled socket is stale after Redis was restarted; none after
a timeout, because the person is waiting.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, cast

import hiredis
from redis.asyncio import (
    Connection,
    ConnectionPool,
    Redis,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.maint_notifications import MaintNotificationsConfig

from common.settings.redis import Kind, RedisAddress, RedisCredentials
from common.store.sentinel import FOLLOW_SECONDS, follow_master, sentinel_pool

# Calls one method of the client that it is given.
Command = Callable[[Redis], Awaitable[Any]]
# A person waits at most this long for Redis before the page says so; seconds.
DEADLINE_SECONDS = 0.7
CONNECT_SECONDS = 0.5
# Whatever Redis can do to a caller. redis-py does not count a cluster's trouble as its own, and stumbles
# over connections that go while it uses them: the last two.
TROUBLE = (
    *(RedisError, RedisClusterException, OSError, TimeoutError),
    *(AttributeError, RuntimeError),
)
# Commands are let through 32 at a time (common.store.access); the rest is for subscriptions.
CONNECTIONS = 64


def connect(url: str, given: RedisCredentials) -> Redis:
    """Make the client; raise AddressMalformed. A cluster's client has the same commands."""
    address = RedisAddress.parse(url)
    options = _options(address, given)
    pool: ConnectionPool
    match address.kind:
        case Kind.SENTINEL:
            pool = sentinel_pool(address, given, options)
        case Kind.CLUSTER:
            return _cluster(address, options)
        case Kind.SOCKET:
            pool = ConnectionPool(
                connection_class=UnixDomainSocketConnection, path=address.path, **options
            )
        case Kind.SINGLE:
            pool = ConnectionPool(
                connection_class=SSLConnection if address.tls else Connection,
                host=address.hosts[0][0],
                port=address.hosts[0][1],
                **options,
            )
    return Redis(connection_pool=pool)


def new_connection(client: Redis) -> Connection:
    """A connection of its own, not opened yet and in no pool."""
    if isinstance(client, RedisCluster):
        node = client.get_random_node()
        return cast("Connection", node.connection_class(**node.connection_kwargs))
    return cast("Connection", client.connection_pool.make_connection())  # type: ignore[no-untyped-call]


async def read_many(client: Redis, keys: Sequence[str]) -> list[bytes | None]:
    """MGET; on a cluster one for every slot."""
    if isinstance(client, RedisCluster):
        return cast("list[bytes | None]", await client.mget_nonatomic(keys))
    # Not client.mget, which looks through its arguments for deprecated ones.
    return cast("list[bytes | None]", await client.execute_command("MGET", *keys))  # type: ignore[no-untyped-call]


def clock(client: Redis, key: str) -> Awaitable[tuple[int, int]]:
    """TIME, of a cluster's node that has the key: seconds and microseconds."""
    if isinstance(client, RedisCluster):
        return _clock_of_node(client, key)
    return client.time()


async def run_together(client: Redis, commands: Sequence[Command]) -> Sequence[Any]:
    """Run commands in one round trip, not on a cluster; in the place of one that failed stands its error."""
    pipeline = client.pipeline(transaction=False)
    for command in commands:
        command(pipeline)
    return await pipeline.execute(raise_on_error=False)


async def close(client: Redis) -> None:
    """Close the client and every connection it has opened."""
    if isinstance(client, RedisCluster):
        await client.aclose()
        return
    await client.aclose(close_connection_pool=True)
    if isinstance(client.connection_pool, SentinelConnectionPool):
        await client.connection_pool.sentinel_manager.aclose()


def upkeep(client: Redis) -> Coroutine[Any, Any, None] | None:
    """What has to be done all the time while the client is in use, if anything."""
    if isinstance(client, RedisCluster):
        return _follow_cluster(client)
    pool = getattr(client, "connection_pool", None)
    return follow_master(pool) if isinstance(pool, SentinelConnectionPool) else None


async def drop_idle(client: Redis) -> None:
    """Forget connections that may lead to a server that is gone or no master any more.

    A cluster's client does so by itself.
    """
    if not isinstance(client, RedisCluster):
        await client.connection_pool.disconnect(inuse_connections=False)


async def _clock_of_node(client: RedisCluster, key: str) -> tuple[int, int]:
    await client.initialize()
    node = client.get_node_from_key(key)
    return await client.time(target_nodes=node)


async def _follow_cluster(client: RedisCluster) -> None:
    """Meet nodes that are gone before a person does: the client then asks who has their slots."""
    while True:
        await asyncio.sleep(FOLLOW_SECONDS)
        with contextlib.suppress(Exception):
            await client.ping(target_nodes=RedisCluster.PRIMARIES)


def _options(address: RedisAddress, given: RedisCredentials) -> dict[str, Any]:
    options: dict[str, Any] = {
        "username": given.username or address.username,
        "password": given.password or address.password,
        "db": address.db,
        "max_connections": CONNECTIONS,
        "socket_connect_timeout": CONNECT_SECONDS,
        "retry": _one_retry(),
    }
    if address.kind is Kind.CLUSTER:
        options["socket_timeout"] = DEADLINE_SECONDS
    else:
        # RedisAccess.run is the deadline. A second one in here costs every command a task of its own.
        options |= {"socket_timeout": None, "redis_connect_func": _introduce}
    if address.kind is not Kind.SOCKET:
        # They are for Redis Enterprise, and cost every connection a round trip.
        options["maint_notifications_config"] = MaintNotificationsConfig(enabled=False)
    if address.tls:
        options |= _tls(address, given)
    return options


async def _introduce(connection: Connection) -> None:
    """What a new connection says first, in time: a subscription is opened outside of RedisAccess.run."""
    connection.pack_command = _packed  # type: ignore[assignment, method-assign]
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
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


def _cluster(address: RedisAddress, options: dict[str, Any]) -> Redis:
    client = RedisCluster(
        startup_nodes=[ClusterNode(host, port) for host, port in address.hosts],
        ssl=address.tls,
        **options,
    )
    return cast("Redis", client)

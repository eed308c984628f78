"""redis-py's client and pools, without what they do at every command for counters that nobody asked for.

A fourth of what a command cost: five coroutines for OpenTelemetry, which is switched off in there, two locks
around what never waits, and events for credentials that change, as ours do not.
"""

from typing import Any

from redis.asyncio import Connection, ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError


class Pool(ConnectionPool):
    """Hands out connections that are open and have nothing left to read, and takes them back."""

    _closed = False

    async def ensure_connection(self, connection: AbstractConnection) -> None:
        """Open it unless it is; raise RedisError or OSError.

        Not after the end: a command that loses its connection by it would open one that nobody closes.
        """
        if self._closed:
            raise RedisConnectionError("the pool is closed")
        await super().ensure_connection(connection)

    async def disconnect(self, inuse_connections: bool = True) -> None:  # noqa: FBT001, FBT002 - redis-py's
        """Close the idle connections; by default all, for good."""
        self._closed = self._closed or inuse_connections
        await super().disconnect(inuse_connections)

    async def get_connection(self, *_: Any, **__: Any) -> AbstractConnection:
        """A connection; raise RedisError or OSError if none can be opened."""
        connection: AbstractConnection = self.get_available_connection()  # type: ignore[no-untyped-call]
        try:
            if not await _is_ready(connection):
                await self.ensure_connection(connection)
        except BaseException:
            await self.release(connection)
            raise
        return connection

    async def release(self, connection: AbstractConnection) -> None:
        self._in_use_connections.remove(connection)
        try:
            if connection.should_reconnect():  # type: ignore[no-untyped-call]
                await connection.disconnect()
        finally:
            self._available_connections.append(connection)


async def _is_ready(connection: AbstractConnection) -> bool:
    try:
        return connection.is_connected and not await connection.can_read()
    except (RedisConnectionError, OSError):
        return False


class SentinelPool(Pool, SentinelConnectionPool):
    """The same, to the master that Sentinels tell of."""


class Client(Redis):
    """Tries a command once more on a fresh connection: a pooled socket is stale after Redis was restarted."""

    async def execute_command(self, *command: Any, **options: Any) -> Any:
        """The answer; raise RedisError or OSError."""
        connection = await self.connection_pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            try:
                return await self._asked(connection, command, options)
            except RedisConnectionError:
                await connection.disconnect()
                await self.connection_pool.ensure_connection(connection)
                return await self._asked(connection, command, options)
        finally:
            await self.connection_pool.release(connection)

    async def _asked(
        self, connection: Connection, command: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        await connection.send_command(*command)
        return await self.parse_response(connection, command[0], **options)

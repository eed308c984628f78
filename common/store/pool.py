"""redis-py's client and pools, without what they do at every command for counters that nobody asked for.

A fourth of what a command cost: five coroutines for OpenTelemetry, which is switched off in there, two locks
around what never waits, and events for credentials that change, as ours do not. Of a pipeline it is a half:
there every command is looked through for one that we do not use (HIMPORT).
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

T = TypeVar("T")


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

    async def ask(self, ask: Callable[[AbstractConnection], Awaitable[T]]) -> T:
        """What `ask` makes of a connection; raise RedisError or OSError.

        If that breaks, once more on a fresh one: a pooled socket is stale after Redis was restarted.
        """
        connection = await self.get_connection()
        try:
            try:
                return await ask(connection)
            except RedisConnectionError:
                await connection.disconnect()
                await self.ensure_connection(connection)
                return await ask(connection)
        finally:
            await self.release(connection)

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
    """Asks by `Pool.ask`, which tries once more."""

    connection_pool: Pool

    async def execute_command(self, *command: Any, **options: Any) -> Any:
        """The answer; raise RedisError or OSError."""

        async def ask(connection: Any) -> Any:
            await connection.send_command(*command)
            return await self.parse_response(connection, command[0], **options)

        return await self.connection_pool.ask(ask)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: FBT001, FBT002 - redis-py's
        kind = Pipeline if transaction else Together
        return kind(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class Together(Pipeline):
    """Commands that are sent at once, and do not watch keys."""

    connection_pool: Pool

    async def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002 - redis-py's
        """The answers; raise RedisError or OSError, or leave what Redis refused in its place."""
        answers = await self.connection_pool.ask(self._asked) if self.command_stack else []
        self.command_stack = []
        if raise_on_error:
            for answer in answers:
                if isinstance(answer, ResponseError):
                    raise answer
        return answers

    async def _asked(self, connection: Any) -> list[Any]:
        packed = [connection.pack_command(*command) for command, _ in self.command_stack]
        await connection.send_packed_command([piece for pieces in packed for piece in pieces])
        try:
            return [await self._answer(connection, *each) for each in self.command_stack]
        except BaseException:
            # What is left to read belongs to nobody else.
            await connection.disconnect(nowait=True)
            raise

    async def _answer(self, connection: Any, command: Any, options: Any) -> Any:
        try:
            if options or command[0] in self.response_callbacks:
                return await self.parse_response(connection, command[0], **options)
            return await connection.read_response()
        except ResponseError as refused:
            return refused

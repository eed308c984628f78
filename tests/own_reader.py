"""What tests see of the connections of one's own (common.store.own_connection)."""

from typing import Any

from common.store.access import RedisAccess


def reader_of(access: RedisAccess) -> Any:
    """The reader, if there is one."""
    servers: Any = access.servers
    return servers._reader  # noqa: SLF001


def connection_of(access: RedisAccess) -> Any:
    """The reader's connection, if it has one."""
    return reader_of(access)._connection  # noqa: SLF001


async def opened(access: RedisAccess) -> None:
    """Read until the reader does, if there is one."""
    await access.get("session:absent")
    while reader_of(access) and connection_of(access) is None:
        reader_of(access)._open_at = 0.0  # noqa: SLF001
        await access.get("session:absent")


def commands_of(access: RedisAccess) -> Any:
    """What sends commands over its own connection, if there is such."""
    servers: Any = access.servers
    return servers._commands  # noqa: SLF001


async def sends(access: RedisAccess) -> None:
    """Send until that is done over its own connection, if there is one."""
    own = commands_of(access)
    while own and own._connection is None:  # noqa: SLF001
        own._open_at = 0.0  # noqa: SLF001
        await access.together(lambda redis: redis.get("cache:absent"), key="")

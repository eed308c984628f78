"""What a service's Redis user must be allowed, tried out at the start without touching anything.

The commands are queued in a transaction that is then discarded: Redis judges permissions when it queues
(Redis documentation, "Transactions" and "ACL"). `python -m <service> check-redis` says the same.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web
from redis.asyncio import Connection
from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    RedisClusterException,
    ResponseError,
)

from common.background import running
from common.store.access import RedisAccess
from common.store.trouble import TROUBLE, root_of

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 1.0
AGAIN_SECONDS = 10.0
# Brought PEXPIRETIME, GT and NX for ends, SET with NX and GET together, and %R permissions.
OLDEST = (7, 0)


@dataclass(frozen=True)
class RedisNeeds:
    """Commands as a service sends them, on keys that nobody has; and whether it can do without writes."""

    commands: tuple[str, ...]
    works_without_writes: bool


class RedisNotThere(Exception):
    """Nothing could be tried out. The text says why."""


class RedisTooOld(RedisNotThere):
    """The server does not know commands that are needed."""


async def missing_permissions(redis: RedisAccess, needs: RedisNeeds) -> list[str]:
    """Return the commands that the user may not send; raise RedisNotThere."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await _tried(redis, needs)
    except RedisClusterException:
        raise RedisNotThere(
            "Redis is no cluster, or the user may not ask CLUSTER SLOTS, which a cluster's client needs"
        ) from None
    except TROUBLE as error:
        kind = root_of(error)
        if kind is AuthenticationError:
            raise RedisNotThere("Redis does not accept the user name or the password") from None
        raise RedisNotThere(f"Redis does not answer ({kind.__name__})") from None


class PermissionCheck:
    """Says once in the log what is missing, as soon as Redis can be asked."""

    def __init__(self, redis: RedisAccess, needs: RedisNeeds) -> None:
        self._redis = redis
        self._needs = needs
        self.too_old = False

    async def context(self, _: web.Application) -> AsyncIterator[None]:
        """Try before the first request; the service starts in any case, and tries again behind it."""
        if await self._checked(first=True):
            yield
            return
        async with running(self._again()):
            yield

    async def _again(self) -> None:
        """Until it could be tried out: where one was too old may be another server by then."""
        checked = False
        while not checked:
            await asyncio.sleep(AGAIN_SECONDS)
            checked = await self._checked()

    async def _checked(self, *, first: bool = False) -> bool:
        """Try once, and return whether a server that is new enough has answered."""
        try:
            missing = await missing_permissions(self._redis, self._needs)
        except RedisTooOld as reason:
            self._note_too_old(reason)
            return False
        except RedisNotThere as reason:
            if first:
                log.warning("redis_not_checked", extra={"reason": str(reason)})
            return False
        self.too_old = False
        if missing:
            log.error("redis_permission_missing", extra={"missing": missing})
        return True

    def _note_too_old(self, reason: RedisTooOld) -> None:
        if not self.too_old:
            log.error("redis_too_old", extra={"reason": str(reason)})
        self.too_old = True


async def _tried(redis: RedisAccess, needs: RedisNeeds) -> list[str]:
    await redis.client.initialize()
    connection = redis.servers.new_connection()
    try:
        await connection.connect()  # type: ignore[no-untyped-call]
        await _judge_version(connection)
        if not await _allowed(connection, "MULTI"):
            return ["MULTI"]
        return [command for command in needs.commands if not await _allowed(connection, command)]
    finally:
        # Closing discards what was queued.
        await connection.disconnect(nowait=True)


async def _allowed(connection: Connection, command: str) -> bool:
    await connection.send_command(*command.split(" "))
    try:
        await connection.read_response()
    except NoPermissionError:
        return False
    except ResponseError:
        return True  # refused for a reason that passes, such as a full store
    return True


async def _judge_version(connection: Connection) -> None:
    """Raise RedisTooOld. Any user may say HELLO (Redis documentation, "HELLO")."""
    await connection.send_command("HELLO")
    try:
        said = await connection.read_response()
    except ResponseError:
        raise RedisTooOld(_too_old("older than 6")) from None
    fields = said.items() if isinstance(said, dict) else zip(said[::2], said[1::2], strict=False)
    version = {_text(name): _text(value) for name, value in fields}.get("version", "")
    numbers = re.match(r"(\d+)\.(\d+)", version)
    # A server that gives itself another kind of number may know everything.
    if numbers and (int(numbers[1]), int(numbers[2])) < OLDEST:
        raise RedisTooOld(_too_old(version))


def _too_old(version: str) -> str:
    return f"The server is version {version}, and {OLDEST[0]}.{OLDEST[1]} or newer is needed (or Valkey)"


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)

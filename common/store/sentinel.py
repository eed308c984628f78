"""The master by its Sentinels: asked all at once, and believed only if the server agrees.

Source: Redis documentation, "Guidelines for Redis clients with support for Redis Sentinel".
"""

import asyncio
import contextlib
import socket
import time
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import (
    MasterNotFoundError,
    Sentinel,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from common.background import cancelled
from common.settings.redis import RedisAddress, RedisCredentials
from common.store.pool import Client, SentinelPool
from common.store.servers import Single

# After the first Sentinel has answered, the others get this long: one of them may know of a later switch.
GRACE_SECONDS = 0.1
FOLLOW_SECONDS = 0.5
# So long their answer holds for connections that are opened together.
SAME_ANSWER_SECONDS = 0.3
LOOK_UP_SECONDS = 0.5


def sentinel_pool(
    address: RedisAddress, given: RedisCredentials, options: dict[str, Any]
) -> SentinelPool:
    """Make the pool; `options` are those of a connection to Redis itself."""
    for_sentinels = {
        **options,
        "username": given.sentinel_username,
        "password": given.sentinel_password,
        "db": 0,
        "ssl": address.tls,
        "retry": Retry(NoBackoff(), 0),
        "socket_timeout": LOOK_UP_SECONDS,
    }
    return SentinelPool(  # type: ignore[no-untyped-call]
        address.service,
        QuickSentinel(address.hosts, sentinel_kwargs=for_sentinels),  # type: ignore[no-untyped-call]
        connection_class=TlsMasterConnection if address.tls else MasterConnection,
        **options,
    )


class Sentinels(Single):
    """The master of a service that Sentinels watch."""

    def __init__(self, pool: SentinelPool, *, own_reader: bool = False) -> None:
        super().__init__(Client(connection_pool=pool), own_reader=own_reader)
        self._pool = pool

    async def follow(self) -> None:
        """Leave a former master at once, until cancelled.

        After a switch that somebody asked for, it goes on as a master for seconds, and what is written to
        it then is lost.
        """
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self._leave_former_masters()

    async def close(self) -> None:
        await super().close()
        await self._pool.sentinel_manager.aclose()

    async def _leave_former_masters(self) -> None:
        master = await self._pool.get_master_address()  # type: ignore[no-untyped-call]
        # redis-py drops those that are idle when the address changes; others were in use then.
        in_use: Any = self._pool._get_in_use_connections()  # noqa: SLF001
        idle: Any = self._pool._get_free_connections()  # noqa: SLF001
        for connection in [each for each in in_use if _leads_elsewhere(each, master)]:
            connection.mark_for_reconnect()
        for connection in [each for each in idle if _leads_elsewhere(each, master)]:
            await connection.disconnect()
        for own in self._own_connections():
            own.leave(lambda connection: _leads_elsewhere(connection, master))


def _leads_elsewhere(connection: Any, master: tuple[str, int]) -> bool:
    return connection.is_connected and (connection.host, connection.port) != master


class QuickSentinel(Sentinel):
    """Asks all Sentinels at once: one that is gone must not use up a person's patience.

    Connections that are lost together ask together, and one that gives up does not take the answer
    from the others: under load each asking for itself took so long that none of them was in time.
    """

    _asking: "asyncio.Task[tuple[str, int]] | None" = None
    _asked_at = 0.0

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        """The address of the master after the latest switch that any Sentinel knows of."""
        now = time.monotonic()
        too_old = now - self._asked_at > SAME_ANSWER_SECONDS
        if self._asking is None or too_old or _failed(self._asking):
            self._asked_at = now
            self._asking = asyncio.create_task(self._discover(service_name))
            self._asking.add_done_callback(_seen)
        return await asyncio.shield(self._asking)

    def doubt(self) -> None:
        """Ask anew: the answer has led to a server that is no master."""
        if self._asking is not None and self._asking.done():
            self._asking = None

    async def _discover(self, service_name: str) -> tuple[str, int]:
        asking = {asyncio.create_task(self._ask(each, service_name)) for each in self.sentinels}
        try:
            states = await _first_and_more(asking)
        finally:
            await asyncio.gather(*(cancelled(task) for task in asking))
        if not states:
            raise MasterNotFoundError("No Sentinel knows a master of this service")
        latest = max(states, key=lambda state: int(state["config-epoch"]))
        return await self._looked_up(latest["ip"], latest["port"])

    async def _looked_up(self, host: str, port: int) -> tuple[str, int]:
        """The number behind the name, where Sentinels announce names: looked up once for all.

        With a dead master goes its name, and look-ups that hang take every thread there is for them, so
        that the new master's name is not found either. (A certificate is checked against a name.)
        """
        if self.sentinel_kwargs["ssl"]:
            return host, port
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(LOOK_UP_SECONDS):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return str(found[0][4][0]), port

    async def _ask(self, sentinel: Redis, service_name: str) -> dict[str, Any] | None:
        try:
            masters: Any = await sentinel.sentinel_masters()
        except (RedisError, OSError, TimeoutError):
            return None
        state = masters.get(service_name)
        return state if state and self.check_master_state(state, service_name) else None


async def _first_and_more(
    asking: set["asyncio.Task[dict[str, Any] | None]"],
) -> list[dict[str, Any]]:
    """Wait for one good answer, and a little longer for the others."""
    found: list[dict[str, Any]] = []
    waiting = set(asking)
    while waiting:
        done, waiting = await asyncio.wait(
            waiting,
            timeout=GRACE_SECONDS if found else None,
            return_when=asyncio.ALL_COMPLETED if found else asyncio.FIRST_COMPLETED,
        )
        grace_is_over = bool(found)
        found += [state for task in done if (state := task.result())]
        if grace_is_over:
            break
    return found


def _failed(task: "asyncio.Task[tuple[str, int]]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _seen(task: "asyncio.Task[tuple[str, int]]") -> None:
    """Whoever waited may have gone away; a failure that nobody fetched is no news."""
    if not task.cancelled():
        task.exception()


class MasterConnection(SentinelManagedConnection):
    """Stays only with a server that calls itself the master.

    A Sentinel may be late to hear of a switch. A former master answers reads, from data that stand
    still: people would seem to be signed out.
    """

    async def on_connect_check_health(self, check_health: bool = True) -> None:  # noqa: FBT001, FBT002
        await super().on_connect_check_health(check_health)
        await _refuse_replica(self)


class TlsMasterConnection(SentinelManagedSSLConnection):
    """The same with TLS."""

    async def on_connect_check_health(self, check_health: bool = True) -> None:  # noqa: FBT001, FBT002
        await super().on_connect_check_health(check_health)
        await _refuse_replica(self)


async def _refuse_replica(connection: SentinelManagedConnection) -> None:
    # Any user may say HELLO; ROLE and INFO need a permission.
    await connection.send_command("HELLO", check_health=False)
    told: Any = await connection.read_response()
    if told[b"role"] != b"master":
        connection.connection_pool.sentinel_manager.doubt()
        raise RedisConnectionError("This server is not the master any more")

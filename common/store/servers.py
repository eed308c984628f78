"""What REDIS_URL leads to: one server, a master behind Sentinels, or a cluster. A class each, same verbs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar, cast

from redis.asyncio import Connection, Redis

from common.store.batching import Batches
from common.store.known_clock import KnownClock
from common.store.own_commands import OwnCommands, Question
from common.store.own_connection import OwnConnection
from common.store.own_reader import OwnReader

A = TypeVar("A")
T = TypeVar("T")

Send = Callable[[Question], Awaitable[list[Any]]]
"""One caller's commands in one round trip: the answers, with what Redis refused in its place."""
Read = Callable[[str], Awaitable[bytes | None]]
"""The value of a key."""
ReadBoth = Callable[[str, str], Awaitable[tuple[bytes | None, bytes | None]]]
"""The values of two keys."""
Answer = Callable[[Sequence[str]], Awaitable[Sequence[A | Exception]]]
"""What is known of keys, or the failures in their places, in their order."""


class Servers(Protocol):
    """The verbs; common.store.sentinel and common.store.cluster have the other two classes."""

    @property
    def client(self) -> Redis:
        """The client; a cluster's has the same commands."""

    @property
    def joins_commands(self) -> bool:
        """Whether commands on different keys share a round trip."""

    async def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the values of keys, wherever they lie."""

    async def clock(self, key: str) -> tuple[int, int]:
        """Return the time where the key lies: seconds and microseconds."""

    def for_each_node(self, make: Callable[[], T]) -> Callable[[str], T]:
        """Find by a key what its node has of its own; it is made when it is first needed."""

    def ask_each_node(self, answer: Answer[A]) -> Callable[[str], Awaitable[A]]:
        """Ask what `answer` knows of a key, in batches for each node (common.store.batching)."""

    def read_each(
        self,
        otherwise: Read,
        too_late: Callable[[], Exception],
    ) -> Read:
        """Read a key by the quickest way there is, and by `otherwise` (common.store.own_connection)."""

    def read_both(self, read: Read) -> ReadBoth:
        """Read two keys for one caller, together if they can be; `read` is what `read_each` has made."""

    def send_each(
        self, otherwise: Send, too_late: Callable[[], Exception], clock: KnownClock
    ) -> Send:
        """Send commands by the quickest way there is, and by `otherwise` (common.store.own_connection)."""

    def new_connection(self) -> Connection:
        """A connection of its own, not opened yet and in no pool."""

    async def follow(self) -> None:
        """What has to be done all the time while the client is in use, until cancelled."""

    async def drop_idle(self) -> None:
        """Forget connections that may lead to a server that is gone or no master any more."""

    async def close(self) -> None:
        """Close the client and every connection it has opened."""


class Single:
    """One server: by its address or its socket."""

    joins_commands = True

    def __init__(self, client: Redis, *, own_reader: bool = False) -> None:
        self.client = client
        self._has_own_reader = own_reader
        self._reader: OwnReader | None = None
        self._commands: OwnCommands | None = None

    async def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        # Not client.mget, which looks through its arguments for deprecated ones.
        found = await self.client.execute_command("MGET", *keys)  # type: ignore[no-untyped-call]
        return cast("list[bytes | None]", found)

    async def clock(self, key: str) -> tuple[int, int]:
        del key
        return await self.client.time()

    def for_each_node(self, make: Callable[[], T]) -> Callable[[str], T]:
        only = make()
        return lambda _: only

    def ask_each_node(self, answer: Answer[A]) -> Callable[[str], Awaitable[A]]:
        # Nothing stands between who asks and the one batch: every page comes by here.
        return Batches(answer).ask

    def read_each(
        self,
        otherwise: Read,
        too_late: Callable[[], Exception],
    ) -> Read:
        if not self._has_own_reader:
            return otherwise
        self._reader = OwnReader(self.new_connection, otherwise, too_late)
        return self._reader.ask

    def read_both(self, read: Read) -> ReadBoth:
        return self._reader.ask_both if self._reader is not None else both_by(read)

    def send_each(
        self, otherwise: Send, too_late: Callable[[], Exception], clock: KnownClock
    ) -> Send:
        if not self._has_own_reader:
            return otherwise
        self._commands = OwnCommands(self.client, clock, self.new_connection, otherwise, too_late)
        return self._commands.send

    def new_connection(self) -> Connection:
        return cast("Connection", self.client.connection_pool.make_connection())  # type: ignore[no-untyped-call]

    async def follow(self) -> None:
        """Nothing: its address stays."""

    async def drop_idle(self) -> None:
        for own in self._own_connections():
            own.leave()
        await self.client.connection_pool.disconnect(inuse_connections=False)

    async def close(self) -> None:
        for own in self._own_connections():
            await own.close()
        await self.client.aclose(close_connection_pool=True)

    def _own_connections(self) -> list[OwnConnection[Any, Any]]:
        return [own for own in (self._reader, self._commands) if own is not None]


def both_by(read: Read) -> ReadBoth:
    """Two reads of one moment."""

    async def both(one: str, other: str) -> tuple[bytes | None, bytes | None]:
        first, second = await asyncio.gather(read(one), read(other))
        return first, second

    return both

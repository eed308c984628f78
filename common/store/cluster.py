"""A cluster: what lies on a node that hangs must not take along what lies on the others."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar, cast

from redis.asyncio import Connection, Redis
from redis.asyncio.cluster import RedisCluster

from common.store.batching import Batches
from common.store.known_clock import KnownClock
from common.store.sentinel import FOLLOW_SECONDS
from common.store.servers import Answer, Read, ReadBoth, Send, both_by
from common.store.trouble import TROUBLE

A = TypeVar("A")
T = TypeVar("T")


class Cluster:
    """Several masters, each with some of the keys (common.store.servers says what the verbs mean)."""

    joins_commands = False
    """Its client sends each by itself in any case."""

    def __init__(self, client: RedisCluster) -> None:
        self._cluster = client
        self.client = cast("Redis", client)

    async def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """One MGET for every slot."""
        return cast("list[bytes | None]", await self._cluster.mget_nonatomic(keys))

    async def clock(self, key: str) -> tuple[int, int]:
        await self._cluster.initialize()
        node = self._cluster.get_node_from_key(key)
        told: Any = await self._cluster.time(target_nodes=node)
        return cast("tuple[int, int]", told)

    def for_each_node(self, make: Callable[[], T]) -> Callable[[str], T]:
        return ByNode(self._cluster, make).of

    def ask_each_node(self, answer: Answer[A]) -> Callable[[str], Awaitable[A]]:
        of = self.for_each_node(lambda: Batches(answer))
        return lambda key: of(key).ask(key)

    def read_each(
        self,
        otherwise: Read,
        _: Callable[[], Exception],
    ) -> Read:
        return otherwise

    def read_both(self, read: Read) -> ReadBoth:
        return both_by(read)

    def send_each(self, otherwise: Send, _: Callable[[], Exception], __: KnownClock) -> Send:
        return otherwise

    def new_connection(self) -> Connection:
        node = self._cluster.get_random_node()
        return node.connection_class(**node.connection_kwargs)

    async def follow(self) -> None:
        """Meet nodes that are gone before a person does: the client then asks who has their slots."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            with contextlib.suppress(Exception):
                await self._cluster.ping(target_nodes=RedisCluster.PRIMARIES)

    async def drop_idle(self) -> None:
        """Nothing: its client does so by itself."""

    async def close(self) -> None:
        await self._cluster.aclose()


class ByNode(Generic[T]):
    """By the nodes' names as far as the client knows them; they change when a node is replaced."""

    def __init__(self, client: RedisCluster, make: Callable[[], T]) -> None:
        self._client = client
        self._make = make
        self._by_name: dict[str, T] = {}

    def of(self, key: str) -> T:
        name = self._name(key)
        if name not in self._by_name:
            self._forget_the_gone()
            self._by_name[name] = self._make()
        return self._by_name[name]

    def __len__(self) -> int:
        return len(self._by_name)

    def _name(self, key: str) -> str:
        """Nothing while the client has not met the cluster, or nobody has the key."""
        with contextlib.suppress(*TROUBLE):
            node = self._client.get_node_from_key(key)
            return node.name if node else ""
        return ""

    def _forget_the_gone(self) -> None:
        known = {"", *(node.name for node in self._client.get_nodes())}
        for name in self._by_name.keys() - known:
            del self._by_name[name]

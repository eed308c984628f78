"""One of something for each node of a cluster, so that a node that hangs does not take the others along."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from common.store.batching import Batches
from common.store.client import TROUBLE

A = TypeVar("A")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class ByKey(Protocol[T_co]):
    def of(self, key: str) -> T_co:
        """What belongs to the node that has the key."""


def for_each_node(client: Redis, make: Callable[[], T]) -> ByKey[T]:
    """One for each node, made when it is first needed; without a cluster one for all keys."""
    return ByNode(client, make) if isinstance(client, RedisCluster) else _ForAll(make())


def ask_each_node(
    client: Redis, answer: Callable[[Sequence[str]], Awaitable[Sequence[A | Exception]]]
) -> Callable[[str], Awaitable[A]]:
    """Asks what `answer` knows of a key, in batches for each node (common.store.batching).

    Without a cluster nothing stands between who asks and the one batch: every page comes by here.
    """
    if not isinstance(client, RedisCluster):
        return Batches(answer).ask
    by_node = ByNode(client, lambda: Batches(answer))
    return lambda key: by_node.of(key).ask(key)


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


class _ForAll(Generic[T]):
    def __init__(self, only: T) -> None:
        self._only = only

    def of(self, _: str) -> T:
        return self._only

"""Reads of the same moment travel to Redis together, as one MGET to each node.

A command costs redis-py about as much CPU as the rest of a page. Which answer belongs to whom does not
rest on this file: what comes back is sealed for its key, so a mixed-up reply does not open.
"""

from collections.abc import Awaitable, Callable, Sequence

from common.store.access import RedisAccess
from common.store.by_node import ask_each_node


class BatchedReads:
    """GET for many callers at once."""

    get: Callable[[str], Awaitable[bytes | None]]
    """The key's value, to be awaited; raises StoreUnavailable if Redis does not answer."""

    def __init__(self, redis: RedisAccess) -> None:
        self._redis = redis
        self.get = ask_each_node(redis.client, self._read)

    async def _read(self, batch: Sequence[str]) -> Sequence[bytes | None]:
        keys = list(dict.fromkeys(batch))
        found = dict(zip(keys, await self._redis.read_many(keys), strict=True))
        return [found[key] for key in batch]

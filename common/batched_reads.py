"""Reads of the same moment travel to Redis together, as one MGET.

A command costs redis-py about as much CPU as the rest of a page. Which answer belongs to whom does not
rest on this file: what comes back is sealed for its key, so a mixed-up reply does not open.
"""

from collections.abc import Sequence

from common.batches import Batches
from common.redis_access import RedisAccess

Keys = tuple[str, ...]
Values = list[bytes | None]


class BatchedReads:
    """GET for many callers at once."""

    def __init__(self, redis: RedisAccess) -> None:
        self._redis = redis
        self._batches: Batches[Keys, Values] = Batches(self._read)

    async def get(self, *keys: str) -> Values:
        """The keys' values in their order; raise StoreUnavailable if Redis does not answer."""
        return await self._batches.ask(keys)

    async def _read(self, batch: Sequence[Keys]) -> Sequence[Values]:
        keys = list(dict.fromkeys(key for wanted in batch for key in wanted))
        values = await self._redis.read_many(keys)
        found = dict(zip(keys, values, strict=True))
        return [[found[key] for key in wanted] for wanted in batch]

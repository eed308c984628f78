"""Looks at every person's list now and then, so that no entry outlives its session for long.

Bounded: one replica at a time, a page of keys at a time, with a pause after each page.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator
from typing import cast

from auth_service.person_index import PREFIX, PersonIndex
from common.background import running
from common.redis_access import RedisAccess, StoreUnavailable

log = logging.getLogger(__name__)

LEASE = "lease:index-sweep"
EVERY_SECONDS = 60
PAGE = 200
PAUSE_SECONDS = 0.05


class IndexSweep:
    """Runs behind the auth service from start to stop; trouble with Redis costs one round."""

    def __init__(self, redis: RedisAccess, index: PersonIndex) -> None:
        self._redis = redis
        self._index = index

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with running(self._run()):
            yield

    async def sweep(self) -> int:
        """Look at every list once; return how many there were. Raise StoreUnavailable."""
        seen = 0
        keys = self._redis.client.scan_iter(match=f"{PREFIX}*", count=PAGE)
        while key := cast("bytes | None", await self._redis.run(anext(keys, None))):
            await self._index.tidy(key.decode())
            seen += 1
            if seen % PAGE == 0:
                await asyncio.sleep(PAUSE_SECONDS)
        return seen

    async def _run(self) -> None:
        while True:
            # With jitter, so that replicas do not all ask for the lease at once.
            await asyncio.sleep(EVERY_SECONDS * random.uniform(0.5, 1))  # noqa: S311 - not a secret
            with contextlib.suppress(StoreUnavailable):
                if await self._is_my_turn():
                    log.debug("index_swept", extra={"lists": await self.sweep()})

    async def _is_my_turn(self) -> bool:
        """The mark is left to end by itself: it is what keeps the rounds apart."""
        return bool(
            await self._redis.run(
                self._redis.client.set(LEASE, b"", nx=True, ex=EVERY_SECONDS // 2)
            )
        )

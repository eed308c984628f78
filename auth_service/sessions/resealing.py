"""Sealing a record anew under the first of SESSION_KEYS, so that an older key can be taken out.

Only a browser's ticket opens its record, so this happens while the session is in use.
"""

import asyncio
import contextlib

from auth_service.sessions.lease import lease
from auth_service.sessions.lease_ends import LeaseEnds
from auth_service.sessions.relisting import Relister
from common.failures import TryLater
from common.sessions.ticket import Ticket
from common.store.access import RedisAccess


class Resealer:
    """May raise StoreUnavailable or NewerRecord; the record is then left as it is."""

    def __init__(self, redis: RedisAccess, relister: Relister, lease_ends: LeaseEnds) -> None:
        self._redis = redis
        self._relister = relister
        self._lease_ends = lease_ends
        self._running: set[asyncio.Task[None]] = set()

    def soon(self, ticket: Ticket) -> None:
        """Do it behind the answer; if it fails, the next request tries again."""
        task = asyncio.create_task(self._try(ticket))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Wait for what is under way."""
        if self._running:
            await asyncio.wait(self._running)

    async def _try(self, ticket: Ticket) -> None:
        with contextlib.suppress(TryLater):
            await self.reseal(ticket)

    async def reseal(self, ticket: Ticket) -> None:
        """Write the same session under the newest key, unless a refresh is about to do so anyway."""
        async with lease(self._redis, ticket.handle) as got:
            if not got:
                return
            await self._relister.under_newest_key(ticket)
        await self._lease_ends.publish(ticket.handle)

"""News between replicas: "whoever held this session's lease is done, look at its record".

Waiting costs Redis nothing but one subscription per process. News can be lost with a connection, so a
waiter also looks by itself after a while.
"""

import asyncio
import contextlib
import logging

from common.background import cancelled
from common.store.access import RedisAccess, StoreUnavailable
from common.store.client import TROUBLE

log = logging.getLogger(__name__)

CHANNEL = "refreshed:"
RECONNECT_SECONDS = 0.5


class LeaseEnds:
    """Publishes and awaits news by a session's handle."""

    def __init__(self, redis: RedisAccess) -> None:
        self._redis = redis
        self._waiting: dict[str, asyncio.Event] = {}
        self._listener: asyncio.Task[None] | None = None

    async def publish(self, handle: str) -> None:
        # Whoever misses it looks by itself a little later.
        with contextlib.suppress(StoreUnavailable):
            await self._redis.run(self._redis.client.publish(f"{CHANNEL}{handle}", b""))

    async def wait(self, handle: str, *, timeout_seconds: float) -> None:
        """Return when there is news, or after the timeout."""
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        event = self._waiting.setdefault(handle, asyncio.Event())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), timeout_seconds)
        if self._waiting.get(handle) is event:
            del self._waiting[handle]

    async def close(self) -> None:
        if self._listener is not None:
            await cancelled(self._listener)

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(*TROUBLE):
                await self._dispatch()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _dispatch(self) -> None:
        async with self._redis.client.pubsub() as subscription:
            await subscription.psubscribe(f"{CHANNEL}*")
            async for message in subscription.listen():
                if message["type"] == "pmessage":
                    self._tell(message["channel"].decode().removeprefix(CHANNEL))

    def _tell(self, handle: str) -> None:
        event = self._waiting.pop(handle, None)
        if event is not None:
            event.set()

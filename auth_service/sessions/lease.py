"""A lease in Redis: at most one holder of a name across all replicas, for as long as it lives.

The lease is short and renewed, so that a holder that is killed is replaced within seconds and one that
waits for a slow Webex is not. A holder can lose its lease without noticing: its process is paused, or Redis
is away. What it writes is compared with what it had read, and its call to Webex has a mark besides that
lasts longer than the lease (auth_service.sessions.writer, `ask`).

Whoever waits for a lease's end hears of it from Redis: one subscription per process. News can be lost with
a connection, so a waiter also looks by itself after a while.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

from common.background import cancelled, running
from common.sessions.keys import FORMER_LEASE_OVER_CHANNEL, LEASE_OVER_CHANNEL, lease_key
from common.store.access import RedisAccess, StoreUnavailable
from common.store.trouble import TROUBLE

LEASE_MS = 5000
RENEW_SECONDS = 1.5
RECONNECT_SECONDS = 0.5

# Only the holder may move or end its lease; Redis runs a script as one step.
IF_MINE = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
RENEW = IF_MINE + "return redis.call('PEXPIRE', KEYS[1], ARGV[2])"
RELEASE = IF_MINE + "return redis.call('DEL', KEYS[1])"


@contextlib.asynccontextmanager
async def lease(redis: RedisAccess, handle: str) -> AsyncIterator[bool]:
    """Yield whether the lease was got. It is renewed until the block ends, and whoever waits is told.

    Raise StoreUnavailable.
    """
    key, holder = lease_key(handle), secrets.token_hex(16)
    # A command whose answer is lost with its connection is sent again: it must know its own lease.
    found = await redis.run(redis.client.set(key, holder, nx=True, get=True, px=LEASE_MS), key=key)
    if found not in (None, holder.encode()):
        yield False
        return
    try:
        async with running(_renew(redis, key, holder)):
            yield True
    finally:
        # A lease that cannot be released ends by itself.
        with contextlib.suppress(StoreUnavailable):
            await redis.run(redis.client.eval(RELEASE, 1, key, holder), key=key)
        # Whoever misses it looks by itself a little later.
        with contextlib.suppress(StoreUnavailable):
            await redis.run(redis.client.publish(f"{LEASE_OVER_CHANNEL}{handle}", b""))


async def _renew(redis: RedisAccess, key: str, holder: str) -> None:
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        with contextlib.suppress(StoreUnavailable):
            await redis.run(redis.client.eval(RENEW, 1, key, holder, LEASE_MS), key=key)


class LeaseEnds:
    """Awaits the end of a lease, by a session's handle."""

    def __init__(self, redis: RedisAccess) -> None:
        self._redis = redis
        self._waiting: dict[str, asyncio.Event] = {}
        self._listener: asyncio.Task[None] | None = None

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
            await subscription.psubscribe(f"{LEASE_OVER_CHANNEL}*", f"{FORMER_LEASE_OVER_CHANNEL}*")
            async for message in subscription.listen():
                if message["type"] == "pmessage":
                    self._tell(message["channel"].decode().partition(":")[2])

    def _tell(self, handle: str) -> None:
        event = self._waiting.pop(handle, None)
        if event is not None:
            event.set()

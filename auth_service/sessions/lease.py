"""A lease in Redis: at most one holder of a name across all replicas, for as long as it lives.

The lease is short and renewed, so that a holder that is killed is replaced within seconds and one that
waits for a slow Webex is not. A holder that lost its lease without noticing (a paused process) does no
harm: what it writes is compared with what it had read (auth_service.sessions.writer).
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

from common.background import running
from common.sessions.reader import lease_key
from common.store.access import RedisAccess, StoreUnavailable

LEASE_MS = 5000
RENEW_SECONDS = 1.5

# Only the holder may move or end its lease; Redis runs a script as one step.
IF_MINE = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
RENEW = IF_MINE + "return redis.call('PEXPIRE', KEYS[1], ARGV[2])"
RELEASE = IF_MINE + "return redis.call('DEL', KEYS[1])"


@contextlib.asynccontextmanager
async def lease(redis: RedisAccess, handle: str) -> AsyncIterator[bool]:
    """Yield whether the lease was got. It is renewed until the block ends; raise StoreUnavailable."""
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


async def _renew(redis: RedisAccess, key: str, holder: str) -> None:
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        with contextlib.suppress(StoreUnavailable):
            await redis.run(redis.client.eval(RENEW, 1, key, holder, LEASE_MS), key=key)

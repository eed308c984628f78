"""SESSION_KEYS rotate under pages, as docs/production.md says: the new key behind, then in front."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import cast

from bench.large.kept import Kept
from bench.large.site import Site, disturbed
from common.sessions.keys import session_key
from common.sessions.sealing import Sealer
from harness.redis_group import RedisNode
from harness.stack import Stack

# Everybody comes by more than once. A record that went back and forth between replicas in the middle of the
# update rests for ten minutes before it is sealed again (auth_service.sessions.relisting).
COMING_BY_SECONDS = 20.0


async def rotate(site: Site, node: RedisNode) -> dict[str, float]:
    """How many records of those who come by are sealed anew after the update, and what it costs them."""
    new, old = secrets.token_urlsafe(32), site.kept.keys
    async with site.load() as asked:
        began = time.perf_counter()
        await _told(site.stack, site.kept, (*old, new))
        await _told(site.stack, site.kept, (new, *old))
        updated = time.perf_counter()
        await asyncio.sleep(COMING_BY_SECONDS)
        anew = _sealed_anew(site, node, Sealer(site.kept.keys))
    name = "key rotation"
    return {
        f"{name}: both updates of four replicas, s": updated - began,
        f"{name}: sealed anew {COMING_BY_SECONDS:.0f} s later, % of who come by": 100 * anew,
        **disturbed(asked, name, began),
    }


async def _told(stack: Stack, kept: Kept, keys: Sequence[str]) -> None:
    """Start each replica again with these keys, one after the other."""
    kept.keep_keys(keys)
    for name in stack.processes:
        if "service" in name:
            await asyncio.to_thread(stack.process(name).stop)
            stack.process(name).start()
            await asyncio.to_thread(stack.wait_for, name)


def _sealed_anew(site: Site, node: RedisNode, sealer: Sealer) -> float:
    """The share of these people's records that have the new key's seal."""
    with node.client() as client:
        names = [session_key(ticket.handle) for ticket in site.tickets]
        found = [each for each in cast("list[bytes | None]", client.mget(names)) if each]
    return sum(not sealer.is_outdated(each) for each in found) / len(found)

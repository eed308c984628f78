"""SESSION_KEYS rotate under pages, as docs/production.md says: the new key behind, then in front."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import cast

from bench.large.kept import Kept
from bench.large.site import Site, disturbed, seconds_since
from common.sessions.keys import session_key
from common.sessions.sealing import Sealer
from harness.eventually import eventually
from harness.redis_group import RedisNode
from harness.stack import Stack


async def rotate(site: Site, node: RedisNode) -> dict[str, float]:
    """How long until the records of all who come by are sealed anew, and what it costs them."""
    new, old = secrets.token_urlsafe(32), site.kept.keys
    async with site.load() as asked:
        began = time.perf_counter()
        await _told(site.stack, site.kept, (*old, new))
        await _told(site.stack, site.kept, (new, *old))
        updated = time.perf_counter()
        everybody = await _sealed_anew(site, node, Sealer(site.kept.keys))
        took = seconds_since(updated)
    return {
        "key rotation: both updates of four replicas, s": updated - began,
        f"key rotation: {everybody:,} who come by sealed anew, s": took,
        **disturbed(asked, "key rotation", began),
    }


async def _told(stack: Stack, kept: Kept, keys: Sequence[str]) -> None:
    """Start each replica again with these keys, one after the other."""
    kept.keep_keys(keys)
    for name in stack.processes:
        if "service" in name:
            await asyncio.to_thread(stack.process(name).stop)
            stack.process(name).start()
            await asyncio.to_thread(stack.wait_for, name)


async def _sealed_anew(site: Site, node: RedisNode, sealer: Sealer) -> int:
    """Wait until the record of everybody who comes by has the new key's seal; return how many."""
    names = [session_key(ticket.handle) for ticket in site.tickets]
    with node.client() as client:

        async def all_are() -> bool:
            found = cast("list[bytes | None]", client.mget(names))
            return not any(sealer.is_outdated(each) for each in found if each)

        await eventually(all_are)
    return len(names)

"""Redis' master is killed under pages: a replica has to have everything, and the old one all of it again."""

import asyncio
import time
from collections.abc import AsyncIterator

from bench.large.kept import PATIENCE, USER, Kept
from bench.large.site import disturbed, open_site, running, seconds_since
from bench.tools.open_load import OK
from harness.redis_group import Watched
from harness.redis_users import PASSWORD

OPTIONS = ("--appendonly", "yes", "--save", "")
# The Sentinels and the services are done long before.
FAULT_SECONDS = 8.0


async def fail_over(kept: Kept) -> AsyncIterator[tuple[str, dict[str, float]]]:
    """What was found, in two steps: with a million sessions the second takes minutes."""
    began = time.perf_counter()
    with Watched(*OPTIONS, folder=kept.redis, patience=PATIENCE) as group:
        read = seconds_since(began)
        group.allow(USER, PASSWORD)
        with running(kept, group.url) as stack:
            async with open_site(kept, stack, group.url) as site, site.load() as asked:
                first = await asyncio.to_thread(group.master)
                killed = time.perf_counter()
                first.kill()
                await asyncio.sleep(FAULT_SECONDS)
                yield (
                    "failover",
                    {
                        "a master reads its file and a replica copies it, s": read,
                        **disturbed(asked, "failover", killed),
                    },
                )
                back = time.perf_counter()
                first.start()
                await asyncio.to_thread(group.wait_for_replica)
                took = seconds_since(back)
                later = [each for each in asked.outcomes if each.began >= back]
                slowest = max(each.ended - each.began for each in later)
    name = "the old master comes back"
    yield (
        name,
        {
            f"{name}: in step after, s": took,
            f"{name}: pages that failed": sum(each.kind != OK for each in later),
            f"{name}: slowest page, s": slowest,
        },
    )

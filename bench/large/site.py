"""The whole site on one size's Redis: two replicas of each service, nginx, the sandbox."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from bench.large.classes import Classes
from bench.large.kept import USER, Kept
from bench.tools.installed import services_python
from bench.tools.open_load import OK, SIGNED_OUT, OpenLoad
from common.sessions.cookies import Cookies
from common.sessions.ticket import Ticket
from common.settings.redis import RedisCredentials
from harness.redis_group import HOST, SENTINEL_PASSWORD, RedisNode
from harness.redis_users import PASSWORD
from harness.stack import Stack

PAGES_A_SECOND = 100.0
CALM_SECONDS = 3.0
# Nobody is stopped at the door: all come from one address.
OPEN_DOOR: Any = {
    "SIGN_IN_RATE": "100000r/s",
    "SIGN_IN_BURST": "100000",
    "CONNECTIONS_PER_ADDRESS": "60000",
}


@dataclass
class Site:
    kept: Kept
    stack: Stack
    classes: Classes
    tickets: Sequence[Ticket]
    """Of people from all over the keys, whom the services know."""

    @property
    def cookies(self) -> list[str]:
        name = Cookies(self.stack.url).session
        return [f"{name}={ticket.cookie}" for ticket in self.tickets]

    @asynccontextmanager
    async def load(self) -> AsyncIterator[OpenLoad]:
        """Pages at a steady rate, asked for by all these people in turn, for as long as the block takes."""
        load = OpenLoad(self.stack.ports.door, "/", self.cookies, PAGES_A_SECOND)
        async with load:
            await asyncio.sleep(CALM_SECONDS)
            yield load
            await asyncio.sleep(CALM_SECONDS)


@contextmanager
def running(kept: Kept, url: str) -> Iterator[Stack]:
    """The processes of a site on that Redis."""
    with Stack(
        python=services_python(),
        auth_services=2,
        app_services=2,
        REDIS_URL=url,
        REDIS_USERNAME=USER,
        REDIS_PASSWORD=PASSWORD,
        REDIS_SENTINEL_PASSWORD=SENTINEL_PASSWORD,
        SESSION_KEYS_FILE=str(kept.keys_file),
        **OPEN_DOOR,
    ) as stack:
        yield stack


@asynccontextmanager
async def open_site(kept: Kept, stack: Stack, url: str) -> AsyncIterator[Site]:
    credentials = RedisCredentials(
        username=USER, password=PASSWORD, sentinel_password=SENTINEL_PASSWORD
    )
    classes, tickets = Classes(url, kept.keys, credentials), kept.tickets
    try:
        async with classes.knowing(tickets):
            yield Site(kept, stack, classes, tickets)
    finally:
        await classes.close()


def address(node: RedisNode) -> str:
    return f"redis://{HOST}:{node.port}/0"


def disturbed(load: OpenLoad, name: str, since: float) -> dict[str, float]:
    """What became of the pages, `since` (time.perf_counter) something was done to the site."""
    failures = Counter(each.kind for each in load.outcomes if each.kind != OK)
    if failures:
        print(f"  {name}: {dict(failures)} of {len(load.outcomes)} pages", flush=True)
    return {
        f"{name}: pages that failed": failures.total(),
        f"{name}: signed out": failures[SIGNED_OUT],
        f"{name}: last failure after, s": load.well_again_after(since),
        f"{name}: slowest page, s": load.slowest,
    }


def seconds_since(moment: float) -> float:
    return time.perf_counter() - moment

"""The services' own classes on a Redis of the bench, wired as auth_service wires them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from auth_service.sessions.of_person import PersonSessions
from auth_service.sessions.person_index import PersonIndex
from auth_service.sessions.writer import SessionWriter
from bench.tools.sessions import write_session
from common.background import cancelled
from common.sessions.reader import SessionReader
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.settings.redis import RedisCredentials
from common.store.access import StoreUnavailable, open_redis

IDLE_SECONDS = 28_800
PERSON = {"id": "p", "displayName": "Person"}
# What is kept of a person lasts for four minutes.
KEEP_AGAIN_SECONDS = 100.0
SOME = 200


class Classes:
    """Writes, reads and ends sessions. Belongs to one event loop; `close` ends its connections."""

    def __init__(self, url: str, keys: Sequence[str], credentials: RedisCredentials) -> None:
        self.access, sealer = open_redis(url, credentials), Sealer(keys)
        self.sealer = sealer
        self.reader = SessionReader(self.access, sealer, idle_seconds=IDLE_SECONDS)
        self.index = PersonIndex(self.access, sealer)
        self.writer = SessionWriter(self.access, self.reader)
        self.of_person = PersonSessions(self.writer, self.index, idle_seconds=IDLE_SECONDS)

    async def write(self, person: str) -> Ticket:
        """A session as a sign-in leaves it."""
        return await write_session(person, reader=self.reader, writer=self.writer, index=self.index)

    async def know(self, tickets: Sequence[Ticket]) -> None:
        """Keep who these people are: the sandbox does not know them."""
        for start in range(0, len(tickets), SOME):
            some = tickets[start : start + SOME]
            await asyncio.gather(*(self.reader.keep_person(ticket, PERSON) for ticket in some))

    @asynccontextmanager
    async def knowing(self, tickets: Sequence[Ticket]) -> AsyncIterator[None]:
        """Keep it for as long as the block takes."""
        await self.know(tickets)
        keeping = asyncio.create_task(self._keep_knowing(tickets))
        try:
            yield
        finally:
            await cancelled(keeping)

    async def _keep_knowing(self, tickets: Sequence[Ticket]) -> None:
        while True:
            await asyncio.sleep(KEEP_AGAIN_SECONDS)
            # A fault is no reason to stop: it is tried again.
            with contextlib.suppress(StoreUnavailable):
                await self.know(tickets)

    async def close(self) -> None:
        await self.access.close()

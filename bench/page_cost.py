"""`python -m bench.page_cost`: what a signed-in page costs in CPU, and in which part of the code.

The application gets its requests in memory and Redis is a dictionary: no sockets, no neighbours, so the
figures differ little from run to run. That makes it the right place to find out what a change gained, and
the wrong one to say what a page costs: `python -m bench` says that. aiohttp hello runs beside it.
"""

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from unittest.mock import patch

from aiohttp import web
from redis.asyncio import Redis

from app_service.app import create_app
from app_service.settings import Settings
from app_service.visitor.signed_in import SESSIONS
from bench.tools.in_memory import (
    CONNECTIONS,
    ENVIRONMENT,
    TOKEN_CHARACTERS,
    Contender,
    compare,
    hellos,
    run,
)
from common.sessions.bound_cookie import BoundCookies
from common.sessions.cookies import Cookies
from common.sessions.keys import person_cache_key, session_key
from common.sessions.reader import PURPOSE, SessionReader
from common.sessions.record import Session, Tokens
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.store.access import RedisAccess
from common.store.servers import Single
from common.web.runner import runner

T = TypeVar("T")

PERSON = b'{"id": "p", "displayName": "Ada Lovelace"}'


class Dictionary(Single):
    """Answers reads from memory, one event-loop turn later."""

    def __init__(self) -> None:
        super().__init__(Redis())
        self.values: dict[str, bytes] = {}

    async def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        await asyncio.sleep(0)
        return [self.values.get(key) for key in keys]


class Access(RedisAccess):
    """Without a deadline, for what never waits."""

    async def run(self, command: Awaitable[T], *, key: str = "") -> T:
        del key
        return await command


class Pages(Contender):
    """As many visitors as connections, each with a session."""

    def __init__(self, name: str, served: web.AppRunner, cookies: Sequence[str]) -> None:
        super().__init__(name, served)
        self.greeted = False
        """Whether the last pages were what the visitors' sessions are for."""
        self._cookies = [cookie.encode() for cookie in cookies]
        self._remembered = served.app[SESSIONS]._recent  # noqa: SLF001 - nobody else has to forget

    async def round(self) -> None:
        for connection, cookie in zip(self.connections, self._cookies, strict=True):
            connection.ask(b"/", cookie)
        self.greeted = all(b"Ada Lovelace" in said for said in await self.answers())

    def forget(self) -> None:
        """Have every session opened as one that was not visited lately."""
        for name in self._remembered.names():
            self._remembered.forget(name)

    def end_minute(self) -> None:
        """Have both records of every session looked at again, as once a minute."""
        for name in self._remembered.names():
            visitor = self._remembered.get(name)
            if visitor is not None:
                self._remembered.put(name, replace(visitor, look_again_at=0.0))


async def pages(
    name: str = "signed-in page",
    *,
    bound: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Pages:
    """A running application and its visitors, whose sessions are bound to their devices or not."""
    settings = Settings.read({**ENVIRONMENT, **(environment or {})})
    dictionary, sealer = Dictionary(), Sealer(settings.session_keys)
    redis = Access(dictionary)
    store = SessionReader(redis, sealer, idle_seconds=settings.session_idle_seconds)
    names, cookies = Cookies(settings.public_url), []
    for ticket in [Ticket.new() for _ in range(CONNECTIONS)]:
        record, kept = session_key(ticket.handle), person_cache_key(ticket.handle)
        dictionary.values[record] = store.sealed(ticket, _session(bound=bound))
        dictionary.values[kept] = sealer.seal(
            PERSON, purpose=PURPOSE, place=kept, secret=ticket.secret
        )
        cookies.append(f"{names.session}={ticket.cookie}")
        if bound:
            cookies[-1] += f"; {names.bound}={BoundCookies(sealer).value(ticket.handle)}"
    with patch("app_service.app.open_redis", lambda *_, **__: redis):
        served = runner(create_app(settings))
    await served.setup()
    visits = Pages(name, served, cookies)
    # The first page of each session moves its idle clock, which nobody answers here.
    for _ in range(2):
        await visits.round()
    if not visits.greeted:
        raise SystemExit("A page greeted nobody: this measures nothing.")
    return visits


def _session(*, bound: bool) -> Session:
    now = int(time.time())
    tokens = Tokens(
        access_token="insecure-token".ljust(TOKEN_CHARACTERS, "-"),
        access_ends_at=now + 86400,
        refresh_token="insecure-token".ljust(TOKEN_CHARACTERS, "-"),
        refresh_ends_at=now + 86400,
        scopes=("spark:people_read", "spark:rooms_read"),
    )
    return Session(
        person_id="p",
        tokens=tokens,
        signed_in_at=now,
        ends_at=now + 86400,
        written_at=now,
        # So long ago that the short cookie is asked for.
        bound_at=now - 60 if bound else 0,
    )


async def main() -> None:
    await compare(await pages(), await hellos(1))


if __name__ == "__main__":
    run(main())

"""Many signed-in people at once, each of whom must never see anybody else."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from auth_service.sessions.writer import SessionWriter
from common.sessions.cookies import Cookies
from common.sessions.reader import SessionReader
from common.sessions.record import Session, Tokens
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.settings.redis import RedisCredentials
from common.store.access import RedisAccess
from common.store.client import connect
from harness.redis_users import PASSWORD
from harness.site import PUBLIC_URL

PATIENCE_SECONDS = 30
# Sooner than most answers come, and later than some.
LEAVES_AFTER_SECONDS = (0.001, 0.04)


@dataclass(frozen=True)
class Member:
    person_id: str
    cookie: str = field(repr=False)


@dataclass
class Seen:
    """What was counted; `strangers` are answers that were somebody else's."""

    outcomes: Counter[str] = field(default_factory=Counter)
    strangers: list[str] = field(default_factory=list)


async def gather_crowd(redis_url: str, session_key: str, size: int) -> list[Member]:
    """Write the sessions of as many people, each with a token of their own."""
    user = RedisCredentials(username="auth_service", password=PASSWORD)
    redis = RedisAccess(connect(redis_url, user))
    reader = SessionReader(redis, Sealer([session_key]), idle_seconds=3600)
    writer = SessionWriter(redis, reader)
    members = []
    for number in range(size):
        ticket = Ticket.new()
        await writer.create(ticket, _session(f"person-{number}"))
        members.append(Member(f"person-{number}", f"{Cookies(PUBLIC_URL).session}={ticket.cookie}"))
    await redis.close()
    return members


@asynccontextmanager
async def played_webex() -> AsyncIterator[str]:
    """GET /people/me by bearer token; yields WEBEX_API_URL."""

    async def me(request: web.Request) -> web.Response:
        person = request.headers["Authorization"].removeprefix("Bearer insecure-token-of-")
        return web.json_response({"id": person, "displayName": person, "type": "person"})

    app = web.Application()
    app.router.add_get("/v1/people/me", me)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


async def ask_for_themselves(
    urls: Sequence[str], members: Sequence[Member], *, go_on: Callable[[Seen], bool], seed: int
) -> Seen:
    """Let everybody ask who they are until `go_on(seen so far)` says no; some do not wait."""
    seen = Seen()
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(limit=0),
        timeout=timeout,
    ) as http:

        async def one(number: int, member: Member) -> None:
            chance = random.Random(seed * 100_003 + number)
            while go_on(seen):
                url = f"{chance.choice(urls)}/api/me"
                leaves = chance.random() < 0.2
                await _ask(http, url, member, seen, chance if leaves else None)

        await asyncio.gather(*(one(number, member) for number, member in enumerate(members)))
    return seen


async def _ask(
    http: aiohttp.ClientSession,
    url: str,
    member: Member,
    seen: Seen,
    leaves: random.Random | None,
) -> None:
    patience = leaves.uniform(*LEAVES_AFTER_SECONDS) if leaves else PATIENCE_SECONDS
    try:
        async with asyncio.timeout(patience):
            async with http.get(url, headers={"Cookie": member.cookie}) as answer:
                body = await answer.json(content_type=None)
                status = answer.status
    except TimeoutError:
        seen.outcomes["left" if leaves else "no answer"] += 1
        return
    seen.outcomes[str(status)] += 1
    if status == 200 and body["id"] != member.person_id:
        seen.strangers.append(f"{member.person_id} was shown {body['id']}")


def _session(person_id: str) -> Session:
    now = int(time.time())
    return Session(
        person_id=person_id,
        tokens=Tokens(
            access_token=f"insecure-token-of-{person_id}",
            access_ends_at=None,
            refresh_token=None,
            refresh_ends_at=None,
            scopes=("spark:people_read",),
        ),
        # Long ago, so that the idle clock is written as well.
        signed_in_at=now - 3600,
        ends_at=now + 86_400,
        written_at=now,
    )

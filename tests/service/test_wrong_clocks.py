"""A replica whose clock is wrong moves no session's end for the others: the idle limit is Redis' matter."""

import time
from collections.abc import AsyncIterator, Callable

import pytest

from auth_service.sessions.writer import SessionWriter
from common.sessions import idle_clock
from common.sessions.idle_clock import Prolonged
from common.sessions.keys import session_key
from common.sessions.lifetime import Lifetime
from common.sessions.reader import SessionReader
from common.sessions.record import Session
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.settings.redis import RedisCredentials
from common.store.access import RedisAccess, StoreUnavailable
from common.store.client import connect
from harness.eventually import eventually
from harness.redis_server import PASSWORD, RedisServer
from harness.site import SESSION_KEY
from tests.sessions import session

USER = RedisCredentials(username="auth_service", password=PASSWORD)
IDLE_SECONDS = 900
MAX_SECONDS = 40 * IDLE_SECONDS
# More than the idle limit, less than the absolute one.
WRONG_BY = 1000
# By how many seconds this process' clock is wrong from now on.
SetClock = Callable[[int], None]


@pytest.fixture
async def access(redis_server: RedisServer) -> AsyncIterator[RedisAccess]:
    access = RedisAccess(connect(redis_server.url, USER))
    yield access
    await access.close()


@pytest.fixture
def replicas(access: RedisAccess) -> tuple[SessionReader, SessionReader]:
    one, other = (
        SessionReader(access, Sealer([SESSION_KEY]), idle_seconds=IDLE_SECONDS) for _ in range(2)
    )
    return one, other


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    right = time.time

    def wrong_by(seconds: int) -> None:
        monkeypatch.setattr(time, "time", lambda: right() + seconds)

    return wrong_by


def writer_of(reader: SessionReader) -> SessionWriter:
    return SessionWriter(reader._redis, reader)  # noqa: SLF001


async def old_session(reader: SessionReader) -> Ticket:
    """One that was used all the time: its idle clock is to be moved."""
    ticket = Ticket.new()
    await writer_of(reader).create(
        ticket, session(ends_in=MAX_SECONDS, signed_in_ago=8 * IDLE_SECONDS)
    )
    return ticket


def seconds_left(redis: RedisServer, ticket: Ticket) -> int:
    return int(str(redis.client.ttl(session_key(ticket.handle))))


@pytest.mark.parametrize("seconds", [-WRONG_BY, WRONG_BY], ids=["slow", "fast"])
async def test_a_visit_there_begins_the_idle_limit_anew_and_nothing_else(
    replicas: tuple[SessionReader, SessionReader],
    redis_server: RedisServer,
    set_clock: SetClock,
    seconds: int,
) -> None:
    right, wrong = replicas
    ticket = await old_session(right)
    redis_server.client.expire(session_key(ticket.handle), 10)
    set_clock(seconds)
    assert await wrong.visit(ticket.cookie) is not None
    assert 10 < seconds_left(redis_server, ticket) <= IDLE_SECONDS
    set_clock(0)
    assert await right.visit(ticket.cookie) is not None


async def test_a_visit_where_the_absolute_limit_seems_over_ends_it_there_only(
    replicas: tuple[SessionReader, SessionReader], redis_server: RedisServer, set_clock: SetClock
) -> None:
    right, wrong = replicas
    ticket = await old_session(right)
    before = redis_server.client.pexpiretime(session_key(ticket.handle))
    set_clock(MAX_SECONDS + 1)
    assert await wrong.visit(ticket.cookie) is None
    set_clock(0)
    assert redis_server.client.pexpiretime(session_key(ticket.handle)) == before
    assert await right.visit(ticket.cookie) is not None


@pytest.mark.parametrize("seconds", [-WRONG_BY, WRONG_BY], ids=["slow", "fast"])
async def test_a_session_that_begins_there_is_alive_for_the_idle_limit(
    replicas: tuple[SessionReader, SessionReader],
    redis_server: RedisServer,
    set_clock: SetClock,
    seconds: int,
) -> None:
    right, wrong = replicas
    ticket = Ticket.new()
    set_clock(seconds)
    await writer_of(wrong).create(ticket, session(ends_in=MAX_SECONDS))
    set_clock(0)
    assert await right.load(ticket) is not None
    assert 0 < seconds_left(redis_server, ticket) <= IDLE_SECONDS


async def test_a_visit_moves_the_idle_clock_though_the_sign_in_seems_to_lie_ahead(
    replicas: tuple[SessionReader, SessionReader], redis_server: RedisServer, set_clock: SetClock
) -> None:
    right, slow = replicas
    ticket = Ticket.new()
    await writer_of(right).create(ticket, session(ends_in=MAX_SECONDS))
    redis_server.client.expire(session_key(ticket.handle), 10)
    set_clock(-WRONG_BY)
    assert await slow.visit(ticket.cookie) is not None
    assert seconds_left(redis_server, ticket) > 10


async def test_a_session_that_begins_where_the_clock_is_half_a_minute_fast_is_moved_on_in_time(
    replicas: tuple[SessionReader, SessionReader], redis_server: RedisServer, set_clock: SetClock
) -> None:
    """A minute after the sign-in at the latest; by the fast clock only half of it is over."""
    right, _ = replicas
    ticket = Ticket.new()
    await writer_of(right).create(ticket, session(ends_in=MAX_SECONDS, signed_in_ago=-30))
    redis_server.client.expire(session_key(ticket.handle), 10)
    set_clock(61)
    assert await right.visit(ticket.cookie) is not None
    assert seconds_left(redis_server, ticket) > 10


async def test_an_idle_clock_that_could_not_be_moved_is_moved_behind_the_answer(
    access: RedisAccess,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idle_clock, "AGAIN_SECONDS", (0, 0, 0))
    prolong, failures = Lifetime.prolong, [StoreUnavailable(), StoreUnavailable()]

    async def failing(own: Lifetime, handle: str, kept: Session) -> Prolonged:
        if failures:
            raise failures.pop()
        return await prolong(own, handle, kept)

    monkeypatch.setattr(Lifetime, "prolong", failing)
    store = SessionReader(access, Sealer([SESSION_KEY]), idle_seconds=IDLE_SECONDS)
    ticket = await old_session(store)
    redis_server.client.expire(session_key(ticket.handle), 10)
    assert await store.visit(ticket.cookie) is not None

    async def moved() -> bool:
        return seconds_left(redis_server, ticket) > 10

    await eventually(moved)


@pytest.mark.parametrize("is_remembered", [True, False])
async def test_a_visit_moves_the_idle_clock_after_a_fast_clock_was_set_right(
    replicas: tuple[SessionReader, SessionReader],
    redis_server: RedisServer,
    set_clock: SetClock,
    *,
    is_remembered: bool,
) -> None:
    store, _ = replicas
    ticket = await old_session(store)
    if is_remembered:
        await store.keep_person(ticket, {"displayName": "Ada Lovelace"})
    set_clock(WRONG_BY)
    assert await store.visit(ticket.cookie) is not None
    set_clock(0)
    redis_server.client.expire(session_key(ticket.handle), 10)
    assert await store.visit(ticket.cookie) is not None
    assert seconds_left(redis_server, ticket) > 10


async def test_a_shorter_idle_limit_holds_from_the_next_visit_on(
    access: RedisAccess, replicas: tuple[SessionReader, SessionReader], redis_server: RedisServer
) -> None:
    ticket = await old_session(replicas[0])
    shorter = SessionReader(access, Sealer([SESSION_KEY]), idle_seconds=IDLE_SECONDS // 2)
    assert await shorter.visit(ticket.cookie) is not None
    assert seconds_left(redis_server, ticket) <= IDLE_SECONDS // 2

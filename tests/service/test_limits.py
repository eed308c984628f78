"""Limits, keys and formats: the server decides how long a session lives, and a rollout ends none."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from auth_service.sessions.writer import SessionWriter
from common.sessions import sealing
from common.sessions.keys import session_key
from common.sessions.newer_record import NewerRecord
from common.sessions.reader import SessionReader
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.settings.redis import RedisCredentials
from common.store.access import RedisAccess
from common.store.client import connect
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.redis_server import PASSWORD, RedisServer
from harness.site import SESSION_KEY
from tests.conftest import MakeSite
from tests.rollout import NEXT_KEY, Rollout
from tests.sessions import session

IDLE_SECONDS = 600
AUTH_USER = RedisCredentials(username="auth_service", password=PASSWORD)


@pytest.fixture
async def access(redis_server: RedisServer) -> AsyncIterator[RedisAccess]:
    redis = RedisAccess(connect(redis_server.url, AUTH_USER))
    yield redis
    await redis.close()


@pytest.fixture
def store(access: RedisAccess) -> SessionReader:
    return SessionReader(access, Sealer([SESSION_KEY]), idle_seconds=IDLE_SECONDS)


@pytest.fixture
def writer(access: RedisAccess, store: SessionReader) -> SessionWriter:
    return SessionWriter(access, store)


def lifetime(redis: RedisServer, ticket: Ticket) -> int:
    """Seconds that Redis gives the record."""
    return int(redis.client.ttl(session_key(ticket.handle)))


async def test_a_record_lives_for_the_idle_limit_and_each_use_begins_it_anew(
    store: SessionReader, writer: SessionWriter, redis_server: RedisServer
) -> None:
    ticket, kept = Ticket.new(), session(signed_in_ago=3600)
    await writer.create(ticket, kept)
    assert IDLE_SECONDS - 5 <= lifetime(redis_server, ticket) <= IDLE_SECONDS
    redis_server.client.expire(session_key(ticket.handle), 10)
    await store.touch(ticket, kept)
    assert IDLE_SECONDS - 5 <= lifetime(redis_server, ticket) <= IDLE_SECONDS


async def test_no_use_moves_a_record_past_the_absolute_limit(
    store: SessionReader, writer: SessionWriter, redis_server: RedisServer
) -> None:
    ticket, kept = Ticket.new(), session(ends_in=100, signed_in_ago=3600)
    await writer.create(ticket, kept)
    await store.touch(ticket, kept)
    assert 95 <= lifetime(redis_server, ticket) <= 100


async def test_a_session_past_its_absolute_limit_is_over_even_if_its_record_is_there(
    store: SessionReader, writer: SessionWriter, redis_server: RedisServer
) -> None:
    ticket, over = Ticket.new(), session(ends_in=-1, signed_in_ago=3600)
    await writer.create(ticket, over)
    redis_server.client.persist(session_key(ticket.handle))
    assert await store.load(ticket) is None


async def test_a_session_that_is_used_does_not_run_into_the_shortest_idle_limit(
    access: RedisAccess, redis_server: RedisServer
) -> None:
    store = SessionReader(access, Sealer([SESSION_KEY]), idle_seconds=60)
    writer = SessionWriter(access, store)
    ticket, kept = (
        Ticket.new(),
        replace(session(signed_in_ago=3600), signed_in_at=int(time.time()) - 20),
    )
    await writer.create(ticket, kept)
    redis_server.client.expire(session_key(ticket.handle), 40)
    await store.touch(ticket, kept)
    assert lifetime(redis_server, ticket) > 50


async def test_an_idle_session_ends_at_the_server_while_the_browser_keeps_its_cookie(
    browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    (key,) = redis_server.keys("session:*")
    redis_server.client.pexpire(key, 1)

    # A page that came before that millisecond is over would move the end once more.
    async def over() -> bool:
        return not redis_server.keys("session:*")

    await eventually(over)
    assert (await browser.get("/api/me")).status == 401
    assert browser.session_cookie is not None


async def test_the_browsers_cookie_ends_with_the_absolute_limit(make_site: MakeSite) -> None:
    site = await make_site(SESSION_MAX_SECONDS="7200")
    answer = await (await site.browser()).sign_in()
    (cookie,) = [c for c in answer.cookies if c.name == "session-8080"]
    assert cookie.attributes["max-age"] == "7200"


async def test_keys_rotate_while_people_are_signed_in_and_nobody_is_signed_out(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    before = await make_site(SESSION_KEYS=SESSION_KEY)
    people = [await before.browser() for _ in range(3)]
    for person in people:
        await person.sign_in()
    sandbox = {"SANDBOX_URL": before.environment["SANDBOX_URL"]}
    during = await make_site(SESSION_KEYS=f"{NEXT_KEY} {SESSION_KEY}", replicas=2, **sandbox)
    outdated = Sealer([NEXT_KEY]).is_outdated

    async def sealed_anew() -> bool:
        records = [redis_server.client.get(key) for key in redis_server.keys("session:*")]
        return not any(outdated(record) for record in records)  # type: ignore[arg-type]

    assert not await sealed_anew()
    for person in people:
        person.route = during.route
        assert (await person.get("/api/me")).status == 200
    await eventually(sealed_anew)
    after = await make_site(SESSION_KEYS=NEXT_KEY, **sandbox)
    for person in people:
        person.route = after.route
        assert (await person.get("/api/me")).status == 200


async def test_whoever_only_looks_at_their_sessions_has_a_record_under_the_new_key_too(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    browser = await (await make_site()).browser()
    await browser.sign_in()
    browser.route = (await make_site(SESSION_KEYS=f"{NEXT_KEY} {SESSION_KEY}")).route

    async def sealed_anew() -> bool:
        assert (await browser.get("/sessions")).status == 200
        (key,) = redis_server.keys("session:*")
        record: Any = redis_server.client.get(key)
        return not Sealer([NEXT_KEY]).is_outdated(record)

    await eventually(sealed_anew)


async def test_a_sign_in_that_began_under_the_old_key_finishes_under_the_new_one(
    make_site: MakeSite,
) -> None:
    before = await make_site()
    browser = await before.browser()
    callback = await browser.at_webex((await browser.start()).location)
    sandbox = {"SANDBOX_URL": before.environment["SANDBOX_URL"]}
    during = await make_site(SESSION_KEYS=f"{NEXT_KEY} {SESSION_KEY}", **sandbox)
    browser.route = during.route
    assert (await browser.get(callback)).status == 303


async def signed_in_at_a_newer_release(
    browser: Browser, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, bytes]:
    """The key and the record that the newer release wrote."""
    with monkeypatch.context() as newer_release:
        newer_release.setattr(sealing, "FORMAT", 2)
        await browser.sign_in()
    (key,) = redis_server.keys("session:*")
    record = redis_server.client.get(key)
    assert isinstance(record, bytes)
    return key, record


async def test_a_record_of_a_newer_release_is_left_alone_and_the_person_signed_in(
    browser: Browser, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, newer = await signed_in_at_a_newer_release(browser, redis_server, monkeypatch)
    cookie = browser.session_cookie
    for path in ("/", "/api/me", "/sessions"):
        answer = await browser.get(path)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        assert answer.cookies == []
    assert (await browser.post("/logout")).status == 503
    assert redis_server.client.get(key) == newer
    assert browser.session_cookie == cookie


async def test_a_sign_in_over_a_record_of_a_newer_release_leaves_it_alone(
    browser: Browser, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, newer = await signed_in_at_a_newer_release(browser, redis_server, monkeypatch)
    assert (await browser.sign_in("grace@example.com")).status == 303
    assert redis_server.client.get(key) == newer
    assert (await browser.get("/api/me")).json()["displayName"] == "Grace Hopper"


async def test_a_release_with_a_newer_format_reads_what_this_one_wrote_and_not_the_other_way(
    store: SessionReader, writer: SessionWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, kept = Ticket.new(), session(signed_in_ago=3600)
    await writer.create(ticket, kept)
    with monkeypatch.context() as newer_release:
        newer_release.setattr(sealing, "FORMAT", 2)
        stored = await writer.read(ticket)
        assert stored is not None
        await writer.replace(ticket, stored, kept)
        assert await store.load(ticket) == kept
    with pytest.raises(NewerRecord):
        await store.load(ticket)


async def test_a_replica_that_does_not_know_the_new_key_yet_signs_nobody_out(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    """In the middle of an update one replica has k2,k1 and the other k1 only."""
    rollout = await Rollout.begin(make_site)
    browser = await rollout.updated.browser()
    callback = await browser.at_webex((await browser.start()).location)
    browser.route = rollout.not_yet.route
    answer = await browser.get(callback)
    assert (answer.status, answer.headers["Retry-After"], answer.cookies) == (503, "2", [])
    browser.route = rollout.updated.route
    assert (await browser.get(callback)).status == 303
    browser.route = rollout.not_yet.route
    answer = await browser.get("/api/me")
    assert (answer.status, answer.headers["Retry-After"], answer.cookies) == (503, "2", [])
    assert len(redis_server.keys("session:*")) == 1
    browser.route = rollout.updated.route
    assert (await browser.get("/api/me")).status == 200

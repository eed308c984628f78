"""A record is written once and in time: nothing brings back what was ended or given up."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from auth_service.sessions.of_person import PersonSessions
from auth_service.sessions.person_index import Entry, PersonIndex
from auth_service.sessions.writer import CREATE, Begun, SessionWriter
from common.sessions import reader as session_reader
from common.sessions.keys import born_key, session_key
from common.sessions.reader import SessionReader
from common.sessions.record import Session, Tokens
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.settings.redis import RedisCredentials
from common.store.access import RedisAccess, StoreUnavailable, open_redis
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.redis_server import PASSWORD, RedisServer
from tests.conftest import MakeSite
from tests.rollout import NEXT_KEY

KEY = "insecure-key-of-the-tests-only-0123456789"
IDLE_SECONDS = 3600


def access_of(redis: RedisServer) -> RedisAccess:
    return open_redis(redis.url, RedisCredentials(username="auth_service", password=PASSWORD))


def session() -> Session:
    now = int(time.time())
    tokens = Tokens(
        access_token="AT", access_ends_at=None, refresh_token=None, refresh_ends_at=None, scopes=()
    )
    return Session(
        person_id="ada", tokens=tokens, signed_in_at=now - 1, ends_at=now + 9999, written_at=now
    )


def writer_of(access: RedisAccess, *keys: str) -> SessionWriter:
    reader = SessionReader(access, Sealer(keys or (KEY,)), idle_seconds=IDLE_SECONDS)
    return SessionWriter(access, reader)


async def test_a_record_that_is_sent_again_after_its_end_stays_ended(
    redis_server: RedisServer,
) -> None:
    access, ticket = access_of(redis_server), Ticket.new()
    writer = writer_of(access)
    await writer.create(ticket, session())
    stored = await writer.read(ticket)
    assert stored is not None
    await writer.end(ticket.handle)
    key, born = session_key(ticket.handle), born_key(ticket.handle)
    ends = int(time.time() * 1000) + 60_000
    again = redis_server.client.eval(CREATE, 2, key, born, stored.sealed, ends, ends, 10_000)
    assert again == b"gone"
    assert redis_server.client.get(key) is None
    await access.close()


async def test_a_record_is_not_written_after_its_writer_has_given_up_by_redis_clock(
    redis_server: RedisServer,
) -> None:
    access, ticket = access_of(redis_server), Ticket.new()
    begun = Begun(int(time.time() * 1000) - 5000, time.monotonic())
    with pytest.raises(StoreUnavailable):
        await writer_of(access).create(ticket, session(), begun=begun)
    assert redis_server.keys() == []
    await access.close()


async def test_after_a_standstill_of_redis_a_failed_sign_in_leaves_no_browser_in_the_list(
    make_site: MakeSite, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis takes the commands, stands still until everybody has given up, and carries them out then."""
    browser = await (await make_site(redis=own_redis)).browser()
    create = SessionWriter.create

    async def frozen(writer: SessionWriter, *new: Any, **times: Any) -> None:
        own_redis.freeze()
        await create(writer, *new, **times)

    monkeypatch.setattr(SessionWriter, "create", frozen)
    assert (await browser.sign_in()).status == 503
    own_redis.thaw()

    async def left() -> bool:
        return own_redis.keys("session:*") == own_redis.keys("person:*") == []

    await eventually(left)


@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_an_end_of_all_finds_a_session_that_moves_to_the_new_list_meanwhile(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """It moves after so many of the look's reads: whenever that is, it is ended."""
    access, ticket, new = access_of(redis_server), Ticket.new(), session()
    old_index, index = (PersonIndex(access, Sealer(keys)) for keys in ([KEY], [NEXT_KEY, KEY]))
    writer = writer_of(access, NEXT_KEY, KEY)
    ends = int(time.time() * 1000) + 60_000
    entry = await old_index.add(ticket.handle, Entry.of(new, "Firefox"), ends=ends)
    await writer.create(ticket, replace(new, entry=entry))
    read_many, reads = RedisAccess.read_many, 0

    async def read_and_move(own: RedisAccess, keys: list[str]) -> list[bytes | None]:
        nonlocal reads
        found = await read_many(own, keys)
        reads += 1
        if reads == steps:
            await index.add(ticket.handle, Entry.of(new, "Firefox"), ends=ends)
            await old_index.drop(entry, ticket.handle)
        return found

    monkeypatch.setattr(RedisAccess, "read_many", read_and_move)
    people = PersonSessions(writer, index, idle_seconds=IDLE_SECONDS)
    assert await people.end_all("ada") == 1
    assert redis_server.client.get(session_key(ticket.handle)) is None
    await access.close()


async def _entry_lost(redis: RedisServer, browser: Browser) -> None:
    ticket = Ticket.parse(browser.session_cookie)
    assert ticket is not None
    for key in redis.keys("person:*:*"):
        value = redis.client.get(key)
        if isinstance(value, bytes) and value.startswith(ticket.handle.encode()):
            redis.client.delete(key)


async def test_a_session_whose_entry_was_lost_before_an_end_of_all_ends_when_it_is_used(
    make_site: MakeSite, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_reader, "TOUCH_SECONDS", 0)
    site = await make_site()
    lost, other = await site.browser(), await site.browser()
    for browser in (lost, other):
        await browser.sign_in()
    # Sign-ins are known to the second.
    await asyncio.sleep(1.1)
    await _entry_lost(redis_server, lost)
    assert (await other.post("/sessions/end", {"session": "others"})).status == 303

    async def over() -> bool:
        return (await lost.get("/api/me")).status == 401

    await eventually(over)
    assert (await other.get("/api/me")).status == 200


async def test_a_session_whose_entry_was_lost_is_listed_again_when_it_is_used(
    make_site: MakeSite, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_reader, "TOUCH_SECONDS", 0)
    browser = await (await make_site()).browser()
    await browser.sign_in()
    await _entry_lost(redis_server, browser)

    async def listed() -> bool:
        assert (await browser.get("/api/me")).status == 200
        return len(redis_server.keys("person:*:*")) == 1

    await eventually(listed)

"""A session that was opened a moment ago is not opened again, and still is nobody else's nor dead."""

import gc
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from auth_service.sessions.writer import SessionWriter
from common.sessions.keys import session_key
from common.sessions.reader import SessionReader
from common.sessions.sealing import Ciphers, Sealer
from common.sessions.ticket import Ticket
from common.sessions.visitor import Visitor
from common.settings.redis import RedisCredentials
from common.store.access import RedisAccess
from common.store.client import connect
from common.telemetry.metrics import count_answers
from harness.redis_server import PASSWORD, RedisServer
from harness.site import SESSION_KEY
from tests.sessions import session

USER = RedisCredentials(username="auth_service", password=PASSWORD)


@pytest.fixture
async def access(redis_server: RedisServer) -> AsyncIterator[RedisAccess]:
    access = RedisAccess(connect(redis_server.url, USER))
    yield access
    await access.close()


@pytest.fixture
def store(access: RedisAccess) -> SessionReader:
    return SessionReader(access, Sealer([SESSION_KEY]), idle_seconds=600)


@pytest.fixture
def writer(access: RedisAccess, store: SessionReader) -> SessionWriter:
    return SessionWriter(access, store)


@pytest.fixture
async def ticket(store: SessionReader, writer: SessionWriter) -> Ticket:
    """Of a session that has been visited, and is remembered."""
    ticket = Ticket.new()
    await writer.create(ticket, session(ends_in=3600))
    await store.keep_person(ticket, {"displayName": "Ada Lovelace"})
    assert await store.visit(ticket.cookie) is await store.visit(ticket.cookie)
    return ticket


async def test_a_remembered_session_is_not_deciphered_again(
    store: SessionReader, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def derive(*_: object) -> None:
        raise AssertionError("a key was derived")

    monkeypatch.setattr(Ciphers, "__missing__", derive)
    opened = await store.visit(ticket.cookie)
    assert opened is not None
    assert opened.person == {"displayName": "Ada Lovelace"}


async def test_a_session_that_ended_on_another_replica_is_gone_at_once(
    store: SessionReader, ticket: Ticket, redis_server: RedisServer
) -> None:
    redis_server.client.delete(session_key(ticket.handle))
    assert await store.visit(ticket.cookie) is None


async def test_of_a_session_that_ended_no_token_stays_in_memory_though_its_cookie_still_comes(
    store: SessionReader, writer: SessionWriter, ticket: Ticket
) -> None:
    await writer.end(ticket.handle)
    assert await store.visit(ticket.cookie) is None
    kept = [
        each for each in gc.get_objects() if isinstance(each, Visitor) and each.ticket == ticket
    ]
    assert kept == []


async def test_a_remembered_session_does_not_open_with_another_secret(
    store: SessionReader, ticket: Ticket
) -> None:
    stranger = Ticket(ticket.id, Ticket.new().secret)
    assert await store.visit(stranger.cookie) is None
    assert await store.visit(ticket.cookie) is not None


async def test_a_refreshed_session_is_seen_at_once(
    store: SessionReader, writer: SessionWriter, ticket: Ticket
) -> None:
    opened = await store.visit(ticket.cookie)
    assert opened is not None
    opened.pages["greeting"] = b"what followed from the old one"
    stored = await writer.read(ticket)
    assert stored is not None
    await writer.replace(ticket, stored, replace(opened.session, revision=7))
    newer = await store.visit(ticket.cookie)
    assert newer is not None
    assert (newer.session.revision, newer.pages) == (7, {})


async def test_what_is_the_same_after_a_minute_is_not_deciphered_again_and_its_page_is_kept(
    store: SessionReader, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def derive(*_: object) -> None:
        raise AssertionError("a key was derived")

    opened = await store.visit(ticket.cookie)
    assert opened is not None
    opened.pages["greeting"] = b"what follows from it"
    later = time.time() + 60
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(Ciphers, "__missing__", derive)
    again = await store.visit(ticket.cookie)
    assert again is not None
    assert again is not opened
    assert (again.session, again.person) == (opened.session, opened.person)
    assert again.pages == {"greeting": b"what follows from it"}
    assert again.is_current(later + 30)


async def test_what_webex_says_of_the_person_now_replaces_what_it_said_within_a_minute(
    store: SessionReader, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await store.visit(ticket.cookie)
    assert before is not None
    before.pages["greeting"] = b"what followed from the old name"
    await store.keep_person(ticket, {"displayName": "Ada King"})
    later = time.time() + 60
    monkeypatch.setattr(time, "time", lambda: later)
    opened = await store.visit(ticket.cookie)
    assert opened is not None
    assert (opened.person, opened.pages) == ({"displayName": "Ada King"}, {})


async def test_a_visit_begins_the_idle_limit_of_a_remembered_session_anew_within_a_minute(
    store: SessionReader, ticket: Ticket, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis_server.client.expire(session_key(ticket.handle), 10)
    later = time.time() + 60
    monkeypatch.setattr(time, "time", lambda: later)
    assert await store.visit(ticket.cookie) is not None
    assert redis_server.client.ttl(session_key(ticket.handle)) > 10


async def test_what_is_no_ticket_is_not_looked_up(
    store: SessionReader, redis_server: RedisServer
) -> None:
    count_answers({})  # and with them the reads of sessions until now
    before = REGISTRY.get_sample_value("session_reads_total", {"result": "absent"})
    redis_server.client.config_resetstat()
    assert await store.visit("1.nonsense") is None
    assert redis_server.commands() == {}
    count_answers({})
    assert REGISTRY.get_sample_value("session_reads_total", {"result": "absent"}) == before


async def test_the_absolute_limit_ends_a_remembered_session_too(
    store: SessionReader, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time() + 3601
    monkeypatch.setattr(time, "time", lambda: later)
    assert await store.visit(ticket.cookie) is None

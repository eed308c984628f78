"""An entry of a person's list ends with its session: in the same millisecond, or in the same step."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from auth_service.sessions.writer import SessionWriter, Stored, Written
from common.sessions import reader as session_store
from common.sessions.keys import (
    entry_key,
    former_entry_key,
    former_head_key,
    head_key,
    head_of,
    session_key,
)
from common.sessions.reader import SessionReader
from common.sessions.record import Session
from common.sessions.sealing import Sealer
from common.sessions.ticket import Ticket
from common.store.access import RedisAccess, StoreUnavailable
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.sandbox_control import REVOKE
from harness.site import SESSION_KEY, Site
from tests.conftest import MakeSite
from tests.rollout import NEXT_KEY

IDLE_SECONDS = 2


@pytest.fixture
async def rotated(site: Site, make_site: MakeSite) -> Site:
    """Another replica of the site, which has a newer key."""
    sandbox = {"SANDBOX_URL": site.environment["SANDBOX_URL"]}
    return await make_site(SESSION_KEYS=f"{NEXT_KEY} {SESSION_KEY}", **sandbox)


def ticket_of(browser: Browser) -> Ticket:
    ticket = Ticket.parse(browser.session_cookie)
    assert ticket is not None
    return ticket


def entry_of(redis: RedisServer, browser: Browser) -> str:
    """The key of the session's only entry."""
    handle = ticket_of(browser).handle.encode()
    values: dict[str, Any] = {key: redis.client.get(key) for key in redis.keys("person:*:*")}
    (key,) = [key for key, value in values.items() if value.startswith(handle + b" ")]
    return key


def ends(redis: RedisServer, browser: Browser) -> tuple[int, int, int]:
    """When the record, its entry and their list end, in Unix milliseconds."""
    entry = entry_of(redis, browser)
    keys = (session_key(ticket_of(browser).handle), entry, head_of(entry))
    record, listed, head = (int(str(redis.client.pexpiretime(key))) for key in keys)
    return record, listed, head


def all_end_together(redis: RedisServer, browser: Browser) -> int:
    record, listed, head = ends(redis, browser)
    assert record == listed == head > 0
    return record


async def ask(site: Site, path: str, browser: Browser) -> int:
    """What app_service asks for; the status comes back."""
    url, body = f"{site.auth_urls[0]}{path}", {"ticket": ticket_of(browser).cookie, "seen": 0}
    async with aiohttp.ClientSession() as http, http.post(url, json=body) as answer:
        return answer.status


async def test_an_entry_ends_in_the_same_millisecond_as_its_session_after_a_sign_in(
    browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    all_end_together(redis_server, browser)


async def test_an_entry_ends_in_the_same_millisecond_as_its_session_after_a_visit_moved_its_end(
    make_site: MakeSite, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_store, "TOUCH_SECONDS", 0)
    browser = await (await make_site()).browser()
    await browser.sign_in()
    before = all_end_together(redis_server, browser)
    assert (await browser.get("/api/me")).status == 200
    assert all_end_together(redis_server, browser) > before


async def test_an_entry_ends_in_the_same_millisecond_as_its_session_after_a_refresh(
    site: Site, browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    before = redis_server.client.get(session_key(ticket_of(browser).handle))
    assert await ask(site, "/internal/refresh", browser) == 200
    assert redis_server.client.get(session_key(ticket_of(browser).handle)) != before
    all_end_together(redis_server, browser)


@pytest.mark.parametrize("path", ["/internal/reseal", "/internal/refresh"])
async def test_under_a_newer_key_record_and_entry_move_together_and_end_together(
    rotated: Site,
    browser: Browser,
    redis_server: RedisServer,
    path: str,
) -> None:
    await browser.sign_in()
    before = entry_of(redis_server, browser)
    assert await ask(rotated, path, browser) in (200, 204)
    after = entry_of(redis_server, browser)
    assert head_of(after) != head_of(before)
    assert redis_server.keys("person:*") == [head_of(after), after]
    record: Any = redis_server.client.get(session_key(ticket_of(browser).handle))
    assert not Sealer([NEXT_KEY]).is_outdated(record)
    all_end_together(redis_server, browser)


async def test_an_entry_that_was_lost_and_is_back_ends_in_the_same_millisecond_as_its_session(
    browser: Browser, redis_server: RedisServer
) -> None:
    await browser.sign_in()
    redis_server.client.delete(*redis_server.keys("person:*"))
    await browser.get("/sessions")
    all_end_together(redis_server, browser)


def rewrite(redis: RedisServer, browser: Browser, **changes: Any) -> dict[str, Any]:
    """Write the browser's record with other fields; return what it was. A field that is None goes."""
    ticket, sealer = ticket_of(browser), Sealer([SESSION_KEY])
    place = session_key(ticket.handle)
    as_now: Any = {"purpose": session_store.PURPOSE, "place": place, "secret": ticket.secret}
    record: Any = redis.client.get(place)
    was: dict[str, Any] = json.loads(sealer.open(record, **as_now))
    fields = {name: value for name, value in {**was, **changes}.items() if value is not None}
    redis.client.set(place, sealer.seal(json.dumps(fields).encode(), **as_now), keepttl=True)
    return was


async def test_a_record_that_names_no_entry_is_given_one_with_its_own_end(
    browser: Browser, redis_server: RedisServer
) -> None:
    """A release that knew of no entries has written it."""
    await browser.sign_in()
    was = rewrite(redis_server, browser, entry=None)
    redis_server.client.delete(was["entry"])
    assert "(this one)" in (await browser.get("/sessions")).text
    all_end_together(redis_server, browser)
    assert (await browser.post("/logout")).status == 303
    assert redis_server.keys("person:*") == []


@pytest.mark.parametrize("taken", [False, True])
async def test_a_place_of_the_former_release_is_not_moved_but_left_for_an_entry_of_its_own_name(
    make_site: MakeSite,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    *,
    taken: bool,
) -> None:
    """By its number a place tells nobody whose it is now."""
    monkeypatch.setattr(session_store, "TOUCH_SECONDS", 0)
    browser = await (await make_site()).browser()
    await browser.sign_in()
    handle, own, client = (
        ticket_of(browser).handle,
        entry_of(redis_server, browser),
        redis_server.client,
    )
    head = former_head_key(own.partition("{")[2].partition("}")[0])
    place = former_entry_key(head, 1)
    kept: Any = client.get(own)
    sealer, whose = Sealer([SESSION_KEY]), "f" * 64 if taken else handle
    plain = sealer.open(kept.partition(b" ")[2], purpose="person", place=f"{head_of(own)}/{handle}")
    moved = sealer.seal(plain, purpose="person", place=f"{head}/{whose}")
    end = int(str(client.pexpiretime(own))) - 1000
    client.set(session_key("f" * 64), b"", pxat=end)
    client.set(place, f"{whose} ".encode() + moved, pxat=end)
    client.set(head, 1, pxat=end)
    client.delete(own, head_of(own))
    rewrite(redis_server, browser, entry=place)
    assert (await browser.get("/api/me")).status == 200

    async def listed() -> bool:
        return redis_server.keys("person:list*") == [head_of(own), own]

    await eventually(listed)

    async def left() -> bool:
        return taken or not client.exists(place)

    await eventually(left)
    assert not taken or client.pexpiretime(place) == end
    assert (await browser.get("/sessions")).text.count("(this one)") == 1


async def test_an_entry_that_a_killed_process_left_behind_ends_with_the_next_visit(
    make_site: MakeSite, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had moved the session to another list, and the record names both entries."""
    monkeypatch.setattr(session_store, "TOUCH_SECONDS", 0)
    browser = await (await make_site()).browser()
    await browser.sign_in()
    own = entry_of(redis_server, browser)
    behind = entry_key(head_key("0" * 64), ticket_of(browser).handle)
    redis_server.client.set(behind, b"", px=600_000)
    rewrite(redis_server, browser, left=[behind])
    assert (await browser.get("/api/me")).status == 200
    assert redis_server.keys("person:*:*") == [own]
    all_end_together(redis_server, browser)


async def test_a_visit_in_the_middle_of_a_reseal_leaves_no_entry_that_ends_early(
    rotated: Site,
    browser: Browser,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The visit knows the old entry only."""
    await browser.sign_in()
    replace = SessionWriter.replace

    async def visited(writer: SessionWriter, ticket: Ticket, old: Stored, new: Session) -> Written:
        client: Any = redis_server.client
        client.pexpireat(session_key(ticket.handle), client.time()[0] * 1000 + 9_000_000)
        return await replace(writer, ticket, old, new)

    monkeypatch.setattr(SessionWriter, "replace", visited)
    assert await ask(rotated, "/internal/reseal", browser) == 204
    all_end_together(redis_server, browser)


async def sign_out(site: Site, browser: Browser) -> None:
    del site
    assert (await browser.post("/logout")).status == 303


async def refuse_the_grant(site: Site, browser: Browser) -> None:
    await site.sandbox.policy(refresh_mode="expired")
    assert await ask(site, "/internal/refresh", browser) == 401


async def sign_in_anew(site: Site, browser: Browser) -> None:
    del site
    assert (await browser.sign_in("grace@example.com")).status == 303


End = Callable[[Site, Browser], Awaitable[None]]


@pytest.mark.parametrize("end", [sign_out, refuse_the_grant])
async def test_nothing_of_a_list_is_left_when_its_last_session_was_ended(
    site: Site, browser: Browser, redis_server: RedisServer, end: End
) -> None:
    await browser.sign_in()
    await end(site, browser)
    assert redis_server.keys("session:*") == []
    assert redis_server.keys("person:*") == []


@pytest.mark.parametrize("end", [sign_out, refuse_the_grant, sign_in_anew])
async def test_an_ended_session_is_off_the_list_at_once_and_the_others_stay(
    site: Site, redis_server: RedisServer, end: End
) -> None:
    lost, kept = await site.browser(), await site.browser()
    for browser in (lost, kept):
        await browser.sign_in()
    gone, stays = entry_of(redis_server, lost), entry_of(redis_server, kept)
    await end(site, lost)
    assert gone not in redis_server.keys("person:*")
    assert entry_of(redis_server, kept) == stays
    all_end_together(redis_server, kept)


async def test_ending_all_others_leaves_one_entry(site: Site, redis_server: RedisServer) -> None:
    browsers = [await site.browser() for _ in range(4)]
    for browser in browsers:
        await browser.sign_in()
    await browsers[2].post("/sessions/end", {"session": "others"})
    assert redis_server.keys("person:*:*") == [entry_of(redis_server, browsers[2])]
    all_end_together(redis_server, browsers[2])


async def test_an_idle_session_and_its_entry_are_gone_in_the_same_moment_and_then_the_list(
    make_site: MakeSite, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    init = SessionReader.__init__

    def impatient(reader: SessionReader, redis: RedisAccess, sealer: Sealer, **_: Any) -> None:
        init(reader, redis, sealer, idle_seconds=IDLE_SECONDS)

    monkeypatch.setattr(SessionReader, "__init__", impatient)
    browser = await (await make_site()).browser()
    await browser.sign_in()
    assert (await browser.get("/api/me")).status == 200
    record, entry = session_key(ticket_of(browser).handle), entry_of(redis_server, browser)

    async def is_over() -> bool:
        # In a transaction time stands still (Redis documentation, "EXPIRE").
        transaction: Any = redis_server.client.pipeline()
        both = [bool(there) for there in transaction.exists(record).exists(entry).execute()]
        assert both in ([True, True], [False, False])
        return not any(both)

    await eventually(is_over)
    assert redis_server.keys("person:*") == []


async def test_a_rotation_of_keys_keeps_everybody_listed_and_moves_their_entries(
    site: Site, rotated: Site, make_site: MakeSite, redis_server: RedisServer
) -> None:
    browsers = [await site.browser() for _ in range(3)]
    for browser in browsers:
        await browser.sign_in()
    before = set(redis_server.keys("person:*"))

    async def all_have_moved() -> bool:
        return not before & set(redis_server.keys("person:*"))

    for browser in browsers:
        browser.route = rotated.route
        assert (await browser.get("/api/me")).status == 200
        assert (await browser.get("/sessions")).text.count('name="session" value="') == 3
    await eventually(all_have_moved)
    assert len(redis_server.keys("person:*:*")) == 3
    sandbox = {"SANDBOX_URL": site.environment["SANDBOX_URL"]}
    after = await make_site(SESSION_KEYS=NEXT_KEY, **sandbox)
    browsers[0].route = after.route
    assert (await browsers[0].get("/sessions")).text.count('name="session" value="') == 3


@pytest.mark.parametrize("written", [False, True])
async def test_a_sign_in_whose_record_cannot_be_written_leaves_nothing_behind(
    site: Site,
    browser: Browser,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    *,
    written: bool,
) -> None:
    """Redis may have written it, and only the answer was lost."""
    create = SessionWriter.create

    async def fails(writer: SessionWriter, *arguments: Any, **more: Any) -> None:
        if written:
            await create(writer, *arguments, **more)
        else:
            await writer._redis.in_order(*more["before"])  # noqa: SLF001 - the entry is there already
        assert redis_server.keys("person:*:*")
        raise StoreUnavailable

    monkeypatch.setattr(SessionWriter, "create", fails)
    assert (await browser.sign_in()).status == 503
    assert [*redis_server.keys("session:*"), *redis_server.keys("person:*")] == []
    assert await site.sandbox.calls(REVOKE) == 2


async def signs_out(redis: RedisServer, writer: SessionWriter, ticket: Ticket, old: Stored) -> None:
    """The session is over before the record is written."""
    del writer, old
    redis.client.delete(session_key(ticket.handle))


async def is_faster(redis: RedisServer, writer: SessionWriter, ticket: Ticket, old: Stored) -> None:
    """Somebody else has written the record."""
    sealed = writer._reader.sealed(ticket, old.session)  # noqa: SLF001
    redis.client.set(session_key(ticket.handle), sealed, keepttl=True)


@pytest.mark.parametrize("other", [signs_out, is_faster])
async def test_a_race_that_a_reseal_loses_leaves_no_entry_of_its_own(
    rotated: Site,
    browser: Browser,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    other: Callable[[RedisServer, SessionWriter, Ticket, Stored], Awaitable[None]],
) -> None:
    await browser.sign_in()
    old_entry = entry_of(redis_server, browser)
    replace = SessionWriter.replace

    async def late(writer: SessionWriter, ticket: Ticket, old: Stored, new: Session) -> Written:
        assert len(redis_server.keys("person:*:*")) == 2
        await other(redis_server, writer, ticket, old)
        return await replace(writer, ticket, old, new)

    monkeypatch.setattr(SessionWriter, "replace", late)
    assert await ask(rotated, "/internal/reseal", browser) == 204
    assert redis_server.keys("person:*:*") == [old_entry]


async def test_a_sign_out_right_after_a_reseal_has_written_leaves_no_entry(
    rotated: Site,
    browser: Browser,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has read the record before, and ends what that one names."""
    await browser.sign_in()
    ticket, old_entry = ticket_of(browser), entry_of(redis_server, browser)
    replace = SessionWriter.replace

    async def then_over(writer: SessionWriter, *arguments: Any) -> Written:
        written = await replace(writer, *arguments)
        await writer.end(ticket.handle, old_entry)
        return written

    monkeypatch.setattr(SessionWriter, "replace", then_over)
    assert await ask(rotated, "/internal/reseal", browser) == 204
    assert [*redis_server.keys("session:*"), *redis_server.keys("person:*")] == []


async def test_a_refresh_that_is_sent_again_knows_what_it_has_written(
    site: Site,
    browser: Browser,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """redis-py does so when a connection breaks before the answer comes."""
    await browser.sign_in()
    replace = SessionWriter.replace
    answers: list[Written] = []

    async def twice(writer: SessionWriter, ticket: Ticket, old: Stored, new: Session) -> Written:
        redis: Any = writer._redis.client  # noqa: SLF001
        once = redis.eval

        async def again(*arguments: Any) -> Any:
            await once(*arguments)
            return await once(*arguments)

        with monkeypatch.context() as bad_line:
            bad_line.setattr(redis, "eval", again)
            answers.append(await replace(writer, ticket, old, new))
        return answers[-1]

    monkeypatch.setattr(SessionWriter, "replace", twice)
    assert await ask(site, "/internal/refresh", browser) == 200
    assert answers == [Written.WRITTEN]
    all_end_together(redis_server, browser)


async def test_many_sign_ins_and_sign_outs_of_a_person_at_once_end_with_what_is_signed_in(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    site = await make_site(replicas=2)
    browsers = [await site.browser() for _ in range(12)]

    async def come_and_go(number: int, browser: Browser) -> None:
        for _ in range(3):
            await browser.sign_in()
            await browser.get("/sessions")
            if number % 2:
                await browser.post("/logout")

    await asyncio.gather(*(come_and_go(*each) for each in enumerate(browsers)))
    stay = {entry_of(redis_server, browser) for browser in browsers[::2]}
    assert set(redis_server.keys("person:*:*")) == stay
    for browser in browsers[::2]:
        record, listed, head = ends(redis_server, browser)
        assert record == listed <= head

"""The list of a person's sessions: what is left over in it, and keys that rotate under it."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from auth_service.sessions.person_index import ARRIVAL_SECONDS, PURPOSE, Entry, PersonIndex
from common.sessions import sealing
from common.sessions.keys import former_entry_key, former_head_key, head_of, session_key
from common.sessions.sealing import Sealer
from common.settings.redis import RedisCredentials
from common.store.access import RedisAccess
from common.store.client import connect
from harness.redis_server import PASSWORD, RedisServer

OLD, NEW = "insecure-old-key-0123456789abcdefgh", "insecure-new-key-0123456789abcdefgh"
PERSON = "insecure-person-id"
AUTH_USER = RedisCredentials(username="auth_service", password=PASSWORD)
HANDLES = ["a" * 64, "b" * 64]
MANY = 1000

Put = Callable[..., Awaitable[str]]


def entry(**changes: object) -> Entry:
    now = int(time.time())
    fields = {
        "browser": "Firefox",
        "signed_in_at": now - ARRIVAL_SECONDS - 5,
        "ends_at": now + 3600,
    }
    return Entry(**{"person_id": PERSON, **fields, **changes})  # type: ignore[arg-type]


def handle(number: int) -> str:
    return f"{number:064x}"


def soon(seconds: int = 600) -> int:
    """That many seconds from now, in Unix milliseconds."""
    return int(time.time() * 1000) + 1000 * seconds


@pytest.fixture
async def access(redis_server: RedisServer) -> AsyncIterator[RedisAccess]:
    redis = RedisAccess(connect(redis_server.url, AUTH_USER))
    yield redis
    await redis.close()


@pytest.fixture
def index(access: RedisAccess) -> PersonIndex:
    return PersonIndex(access, Sealer([OLD]))


@pytest.fixture
def put(index: PersonIndex, redis_server: RedisServer) -> Put:
    """Adds a live session, and returns its entry's key."""

    async def live(name: str, *, seconds: int = 600) -> str:
        ends = soon(seconds)
        redis_server.client.set(session_key(name), b"", pxat=ends)
        return await index.add(name, entry(), ends=ends)

    return live


@pytest.fixture
async def two(put: Put) -> list[str]:
    """The keys of two entries of one person, whose sessions are alive."""
    return [await put(name) for name in HANDLES]


def listed(redis: RedisServer, key: str) -> set[str]:
    """Whose handles the list of this entry has."""
    members: Any = redis.client.zrange(head_of(key), 0, -1)
    return {member.decode() for member in members}


async def test_an_entry_without_a_session_is_not_shown_and_dropped_at_the_next_look(
    two: list[str], index: PersonIndex, redis_server: RedisServer
) -> None:
    """Somebody who ended it was killed between two commands."""
    redis_server.client.delete(session_key(HANDLES[1]))
    assert list(await index.live(PERSON)) == [HANDLES[0]]
    assert redis_server.keys("person:*") == [head_of(two[0]), two[0]]
    assert listed(redis_server, two[0]) == {HANDLES[0]}


async def test_the_last_entry_that_is_dropped_takes_its_list_along(
    two: list[str], index: PersonIndex, redis_server: RedisServer
) -> None:
    redis_server.client.delete(*redis_server.keys("session:*"))
    assert await index.live(PERSON) == {}
    assert redis_server.keys("person:*") == [], two


async def test_the_entry_of_a_sign_in_under_way_is_not_shown_and_stays(
    index: PersonIndex, redis_server: RedisServer
) -> None:
    key = await index.add(HANDLES[0], entry(signed_in_at=int(time.time())), ends=soon())
    assert await index.live(PERSON) == {}
    assert redis_server.keys("person:*:*") == [key]


async def test_many_sign_ins_at_once_are_all_listed(redis_server: RedisServer) -> None:
    async def on_another_replica(start: int) -> list[str]:
        access = RedisAccess(connect(redis_server.url, AUTH_USER))
        other = PersonIndex(access, Sealer([OLD]))
        names = [handle(number) for number in range(start, start + 20)]
        try:
            return list(await asyncio.gather(*(other.add(n, entry(), ends=soon()) for n in names)))
        finally:
            await access.close()

    keys = await asyncio.gather(*(on_another_replica(start) for start in range(0, 100, 20)))
    assert len({key for some in keys for key in some}) == 100
    assert len(redis_server.keys("person:*:*")) == 100
    assert listed(redis_server, keys[0][0]) == {handle(number) for number in range(100)}


async def test_an_entry_is_named_by_its_session_so_no_other_session_can_move_or_free_it(
    two: list[str], put: Put, index: PersonIndex, redis_server: RedisServer
) -> None:
    assert [key.rpartition(":")[2] for key in two] == HANDLES
    await index.drop(two[0], HANDLES[0])
    await put(handle(3))
    # Late commands of whoever knew the session that is gone.
    assert redis_server.client.pexpireat(two[0], soon(1)) == 0
    await index.drop(two[0], HANDLES[0])
    assert set(await index.live(PERSON)) == {HANDLES[1], handle(3)}


async def test_a_command_that_is_sent_again_does_the_same_again(
    two: list[str],
    index: PersonIndex,
    access: RedisAccess,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """redis-py does so when a connection breaks before the answer comes."""
    once = access.client.eval

    async def twice(*arguments: Any) -> Any:
        await once(*arguments)
        return await once(*arguments)

    monkeypatch.setattr(access.client, "eval", twice)
    await index.add(handle(3), entry(), ends=soon())
    await index.drop(two[0], HANDLES[0])
    assert listed(redis_server, two[0]) == {HANDLES[1], handle(3)}
    assert len(redis_server.keys("person:*:*")) == 2


async def test_a_thousand_sessions_of_one_person_come_and_go_and_leave_nothing(
    put: Put, index: PersonIndex, redis_server: RedisServer
) -> None:
    keys = {handle(number): await put(handle(number)) for number in range(MANY)}
    assert len(await index.live(PERSON)) == MANY
    chance = random.Random(1)  # noqa: S311 - repeatable
    for number in range(MANY, 2 * MANY):
        name = chance.choice(list(keys))
        redis_server.client.delete(session_key(name))
        await index.drop(keys.pop(name), name)
        keys[handle(number)] = await put(handle(number))
    assert listed(redis_server, keys[handle(number)]) == set(keys)
    assert set(await index.live(PERSON)) == set(keys)
    for name, key in keys.items():
        redis_server.client.delete(session_key(name))
        await index.drop(key, name)
    assert redis_server.keys("*") == []


async def test_handles_of_sessions_that_ran_out_do_not_pile_up(
    put: Put, redis_server: RedisServer
) -> None:
    """Nobody signs out, and nobody looks."""
    key = await put(handle(0))
    for number in range(1, MANY):
        name = handle(number)
        ran_out = await put(name)
        redis_server.client.delete(session_key(name), ran_out)
    assert len(listed(redis_server, key)) < 5
    assert handle(0) in listed(redis_server, key)


async def test_coming_and_going_cost_redis_the_same_in_a_long_list_as_in_a_short_one(
    put: Put, index: PersonIndex, redis_server: RedisServer
) -> None:
    """Only a list that loses its longest session is looked through, for its new end."""
    first, *_ = [await put(handle(number), seconds=600 + number) for number in range(200)]
    redis_server.forget_commands()
    await index.add(handle(200), entry(), ends=soon())
    await index.drop(first, handle(0))
    assert redis_server.commands().total() < 30


async def test_the_list_survives_a_rotation_of_keys_without_anybody_looking(
    two: list[str], access: RedisAccess
) -> None:
    during = PersonIndex(access, Sealer([NEW, OLD]))
    key = await during.add(handle(3), entry(), ends=soon())
    assert head_of(key) != head_of(two[0])
    assert set(await during.live(PERSON)) == set(HANDLES)


async def test_an_entry_of_a_newer_release_can_be_ended_and_is_left_alone(
    two: list[str],
    index: PersonIndex,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await index.drop(two[0], HANDLES[0])
    with monkeypatch.context() as newer_release:
        newer_release.setattr(sealing, "FORMAT", sealing.FORMAT + 1)
        key = await index.add(HANDLES[0], entry(), ends=soon())
    newer = redis_server.client.get(key)
    found = await index.live(PERSON)
    assert (found[HANDLES[0]].entry, found[HANDLES[0]].keys) == (None, (key,))
    redis_server.client.delete(session_key(HANDLES[0]))
    assert list(await index.live(PERSON)) == [HANDLES[1]]
    assert redis_server.client.get(key) == newer
    await index.drop(key, HANDLES[0])
    assert redis_server.client.get(key) is None


async def test_an_entry_that_was_moved_to_another_handle_is_no_entry(
    two: list[str], index: PersonIndex, redis_server: RedisServer
) -> None:
    value: Any = redis_server.client.get(two[0])
    for forged in (HANDLES[1].encode() + value[64:], value):
        redis_server.client.set(two[1], forged)
        assert list(await index.live(PERSON)) == [HANDLES[0]]


async def test_a_list_ends_with_its_longest_session(
    put: Put, index: PersonIndex, redis_server: RedisServer
) -> None:
    keys = {
        name: await put(name, seconds=at) for name, at in zip(HANDLES, (1000, 500), strict=True)
    }

    def end(key: str) -> object:
        return redis_server.client.pexpiretime(key)

    first, second = keys.values()
    assert end(head_of(first)) == end(first)
    await index.drop(first, HANDLES[0])
    assert end(head_of(second)) == end(second)


async def test_what_is_no_list_costs_nobody_anything(
    index: PersonIndex, redis_server: RedisServer, put: Put
) -> None:
    key = head_of(await put(HANDLES[0]))
    redis_server.client.set(key, b"no list of ours")
    assert await index.live(PERSON) == {}
    added = await put(HANDLES[1])
    assert HANDLES[1] in await index.live(PERSON)
    await index.drop(added, HANDLES[1])
    assert HANDLES[1] not in await index.live(PERSON)


async def former_place(
    index: PersonIndex, redis: RedisServer, name: str, place: int, *, seconds: int = 600
) -> str:
    """As the former release lists a live session; the key of its place."""
    key = await index.add(name, entry(), ends=soon(seconds))
    (fingerprint,) = Sealer([OLD]).fingerprints(PERSON, purpose=PURPOSE)
    head = former_head_key(fingerprint)
    value = Sealer([OLD]).seal(
        msgspec.json.encode(entry()), purpose=PURPOSE, place=f"{head}/{name}"
    )
    await index.drop(key, name)
    former = former_entry_key(head, place)
    redis.client.set(session_key(name), b"", pxat=soon(seconds))
    redis.client.set(former, f"{name} ".encode() + value, pxat=soon(seconds))
    redis.client.set(head, place, pxat=soon(1000))
    return former


async def test_places_of_the_former_release_are_seen_and_freed(
    put: Put, index: PersonIndex, redis_server: RedisServer
) -> None:
    former = [
        await former_place(index, redis_server, name, place)
        for place, name in ((1, HANDLES[0]), (2, HANDLES[1]))
    ]
    await put(handle(3))
    found = await index.live(PERSON)
    assert {name: one.keys for name, one in found.items() if name in HANDLES} == {
        HANDLES[0]: (former[0],),
        HANDLES[1]: (former[1],),
    }
    kept = found[HANDLES[0]].entry
    assert kept
    assert (kept.person_id, kept.browser) == (PERSON, "Firefox")
    assert set(found) == {*HANDLES, handle(3)}
    # Somebody else's place stays.
    await index.drop(former[1], HANDLES[0])
    assert redis_server.client.exists(former[1])
    for key, name in zip(former, HANDLES, strict=True):
        await index.drop(key, name)
    assert set(await index.live(PERSON)) == {handle(3)}
    assert not redis_server.client.exists(head_of(former[0]))


@pytest.mark.parametrize("head", ["", "x", "-1", "1.5", "nan", "inf", "1e300", "9" * 400, "\xff"])
async def test_a_former_head_that_is_no_number_of_places_costs_nobody_anything(
    index: PersonIndex, redis_server: RedisServer, put: Put, head: str
) -> None:
    """Also no endless script, which would hold up everybody."""
    former = await former_place(index, redis_server, HANDLES[0], 1)
    redis_server.client.set(head_of(former), head.encode("latin-1"))
    await put(HANDLES[1])
    assert set(await index.live(PERSON)) == {HANDLES[1]}
    await index.drop(former, HANDLES[0])
    assert not redis_server.client.exists(former)

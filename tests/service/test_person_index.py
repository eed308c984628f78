"""The list of a person's sessions: its places, what is left over in it, and keys that rotate under it."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from auth_service.sessions.person_index import ARRIVAL_SECONDS, Entry, PersonIndex
from common.sessions import sealing
from common.sessions.keys import head_of, session_key
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


def places(redis: RedisServer, key: str) -> int:
    """How many the list of this entry has."""
    value: Any = redis.client.get(head_of(key))
    return int(value)


async def test_an_entry_without_a_session_is_not_shown_and_dropped_at_the_next_look(
    two: list[str], index: PersonIndex, redis_server: RedisServer
) -> None:
    """Somebody who ended it was killed between two commands."""
    redis_server.client.delete(session_key(HANDLES[1]))
    assert list(await index.live(PERSON)) == [HANDLES[0]]
    assert redis_server.keys("person:*") == [head_of(two[0]), two[0]]
    assert places(redis_server, two[0]) == 1


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


async def test_two_sign_ins_at_once_never_share_a_place(
    index: PersonIndex, redis_server: RedisServer
) -> None:
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
    assert {name for name in HANDLES if name in await index.live(PERSON)} == set()


async def test_a_place_that_was_freed_is_taken_again(
    two: list[str], put: Put, index: PersonIndex, redis_server: RedisServer
) -> None:
    await index.drop(two[0], HANDLES[0])
    assert await put(handle(3)) == two[0]
    assert places(redis_server, two[0]) == 2


async def test_free_places_at_the_end_of_a_list_are_given_up(
    two: list[str], index: PersonIndex, redis_server: RedisServer
) -> None:
    await index.drop(two[1], HANDLES[1])
    assert places(redis_server, two[0]) == 1


async def test_a_place_is_not_freed_for_a_session_that_has_left_it(
    two: list[str], put: Put, index: PersonIndex
) -> None:
    await index.drop(two[0], HANDLES[0])
    await put(handle(3))
    await index.drop(two[0], HANDLES[0])
    assert set(await index.live(PERSON)) == {HANDLES[1], handle(3)}


async def test_a_command_that_is_sent_again_takes_one_place_and_no_more(
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
    assert await index.add(handle(4), entry(), ends=soon()) == two[0]
    assert len(redis_server.keys("person:*:*")) == 3


async def test_a_thousand_sessions_of_one_person_take_and_free_places_without_growth(
    put: Put, index: PersonIndex, redis_server: RedisServer
) -> None:
    keys = {handle(number): await put(handle(number)) for number in range(MANY)}
    assert len(await index.live(PERSON)) == MANY
    chance = random.Random(1)  # noqa: S311 - repeatable
    for number in range(MANY, 3 * MANY):
        name = chance.choice(list(keys))
        redis_server.client.delete(session_key(name))
        await index.drop(keys.pop(name), name)
        keys[handle(number)] = await put(handle(number))
    assert places(redis_server, keys[handle(number)]) < 3 * MANY
    assert set(await index.live(PERSON)) == set(keys)
    for name, key in keys.items():
        redis_server.client.delete(session_key(name))
        await index.drop(key, name)
    assert redis_server.keys("*") == []


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
    forged = HANDLES[1].encode() + value[64:]
    redis_server.client.set(two[1], forged, keepttl=True)
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


@pytest.mark.parametrize("head", ["", "x", "-1", "1.5", "nan", "inf", "1e300", "9" * 400, "\xff"])
async def test_a_head_that_is_no_number_of_places_costs_nobody_anything(
    index: PersonIndex, redis_server: RedisServer, put: Put, head: str
) -> None:
    """Also no endless script, which would hold up everybody."""
    key = head_of(await put(HANDLES[0]))
    redis_server.client.set(key, head.encode("latin-1"))
    await index.live(PERSON)
    added = await put(HANDLES[1])
    assert HANDLES[1] in await index.live(PERSON)
    await index.drop(added, HANDLES[1])
    assert HANDLES[1] not in await index.live(PERSON)

"""The list of a person's sessions: nothing in it outlives its session, and keys may rotate under it."""

import time
from collections.abc import AsyncIterator

import pytest

from auth_service import index_sweep
from auth_service.index_sweep import IndexSweep
from auth_service.person_index import Entry, PersonIndex
from common.redis_access import RedisAccess
from common.redis_address import RedisCredentials
from common.redis_connection import connect
from common.sealing import Sealer
from common.session_store import session_key
from tests.eventually import eventually
from tests.redis_server import PASSWORD, RedisServer

OLD, NEW = "insecure-old-key-0123456789abcdefgh", "insecure-new-key-0123456789abcdefgh"
PERSON = "insecure-person-id"
AUTH_USER = RedisCredentials(username="auth_service", password=PASSWORD)
HANDLES = ["a" * 64, "b" * 64]


def entry(**changes: object) -> Entry:
    now = int(time.time())
    fields = {"browser": "Firefox", "signed_in_at": now, "ends_at": now + 3600}
    return Entry(**{"person_id": PERSON, **fields, **changes})  # type: ignore[arg-type]


@pytest.fixture
async def access(redis_server: RedisServer) -> AsyncIterator[RedisAccess]:
    redis = RedisAccess(connect(redis_server.url, AUTH_USER))
    yield redis
    await redis.close()


@pytest.fixture
def index(access: RedisAccess) -> PersonIndex:
    return PersonIndex(access, Sealer([OLD]))


@pytest.fixture
async def two(index: PersonIndex, redis_server: RedisServer) -> PersonIndex:
    """The index with two live sessions of one person in it."""
    for handle in HANDLES:
        redis_server.client.set(session_key(handle), b"", ex=600)
        await index.add(handle, entry())
    return index


async def test_an_entry_is_gone_with_its_session_at_the_next_look(
    two: PersonIndex, redis_server: RedisServer
) -> None:
    redis_server.client.delete(session_key(HANDLES[0]))
    assert list(await two.live(PERSON)) == [HANDLES[1]]
    (key,) = redis_server.keys("person:*")
    assert redis_server.client.hkeys(key) == [HANDLES[1].encode()]


async def test_the_sweep_drops_entries_whose_person_never_looks(
    two: PersonIndex, access: RedisAccess, redis_server: RedisServer
) -> None:
    redis_server.client.delete(*redis_server.keys("session:*"))
    assert await IndexSweep(access, two).sweep() == 1
    assert redis_server.keys("person:*") == []


async def test_the_sweep_leaves_live_sessions_alone(two: PersonIndex, access: RedisAccess) -> None:
    await IndexSweep(access, two).sweep()
    assert sorted(await two.live(PERSON)) == HANDLES


async def test_the_sweep_comes_by_itself(
    two: PersonIndex,
    access: RedisAccess,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index_sweep, "EVERY_SECONDS", 2)
    redis_server.client.delete(*redis_server.keys("session:*"))

    async def swept() -> bool:
        return redis_server.keys("person:*") == []

    async with IndexSweep(access, two).running(), IndexSweep(access, two).running():
        await eventually(swept)


async def test_the_list_survives_a_rotation_of_keys_without_anybody_looking(
    two: PersonIndex, access: RedisAccess, redis_server: RedisServer
) -> None:
    during = PersonIndex(access, Sealer([NEW, OLD]))
    assert sorted(await during.live(PERSON)) == HANDLES
    await IndexSweep(access, during).sweep()
    after = PersonIndex(access, Sealer([NEW]))
    assert sorted(await after.live(PERSON)) == HANDLES
    assert len(redis_server.keys("person:*")) == 1
    assert not await two.live(PERSON)


async def test_an_entry_of_a_newer_release_can_be_ended_and_is_left_alone(
    two: PersonIndex, access: RedisAccess, redis_server: RedisServer
) -> None:
    (key,) = redis_server.keys("person:*")
    newer = b"\xff" + b"0" * 60
    redis_server.client.hset(key, HANDLES[0], newer)
    found = await two.live(PERSON)
    assert found[HANDLES[0]].entry is None
    await IndexSweep(access, PersonIndex(access, Sealer([NEW, OLD]))).sweep()
    assert redis_server.client.hget(key, HANDLES[0]) == newer


async def test_an_entry_that_was_moved_to_another_handle_is_no_entry(
    two: PersonIndex, redis_server: RedisServer
) -> None:
    (key,) = redis_server.keys("person:*")
    sealed = redis_server.client.hget(key, HANDLES[0])
    redis_server.client.hset(key, HANDLES[1], sealed)
    assert list(await two.live(PERSON)) == [HANDLES[0]]


async def test_a_list_lives_as_long_as_its_longest_session(
    index: PersonIndex, redis_server: RedisServer
) -> None:
    now = int(time.time())
    for handle, ends_at in zip(HANDLES, (now + 1000, now + 500), strict=True):
        await index.add(handle, entry(ends_at=ends_at))
        (key,) = redis_server.keys("person:*")
        assert redis_server.client.expiretime(key) == now + 1000

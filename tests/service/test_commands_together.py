"""Commands of one moment share a round trip, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from common.settings.redis import RedisCredentials
from common.store.access import Command, RedisAccess, StoreUnavailable
from common.store.client import connect
from harness.redis_server import PASSWORD, RedisServer

USER = RedisCredentials(username="auth_service", password=PASSWORD)


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many commands travelled together, each time."""
    seen: list[int] = []
    run_together = RedisAccess._run_together  # noqa: SLF001

    async def watched(access: RedisAccess, batch: Sequence[Sequence[Command]]) -> Sequence[Any]:
        seen.append(sum(map(len, batch)))
        return await run_together(access, batch)

    monkeypatch.setattr(RedisAccess, "_run_together", watched)
    return seen


@pytest.fixture
async def access(redis_server: RedisServer, trips: list[int]) -> AsyncIterator[RedisAccess]:
    del trips  # watched from the start
    access = RedisAccess(connect(redis_server.url, USER))
    yield access
    await access.close()


def write(name: str) -> Command:
    return lambda redis: redis.set(f"cache:{name}", name, nx=True, get=True)


async def test_commands_of_one_moment_share_a_round_trip(
    access: RedisAccess, redis_server: RedisServer, trips: list[int]
) -> None:
    names = [f"{number}" for number in range(50)]
    await asyncio.gather(*(access.together(write(name), key=name) for name in names))
    assert trips == [50]
    assert sorted(redis_server.keys("cache:*")) == sorted(f"cache:{name}" for name in names)


async def test_everybody_gets_the_answer_to_their_own_command(access: RedisAccess) -> None:
    names = [f"{number}" for number in range(50)]
    first = await asyncio.gather(*(access.together(write(name), key=name) for name in names))
    second = await asyncio.gather(*(access.together(write(name), key=name) for name in names))
    assert first == [None] * 50
    assert second == [name.encode() for name in names]


async def test_a_command_that_is_refused_fails_for_whoever_sent_it_only(
    access: RedisAccess, trips: list[int]
) -> None:
    outcomes = await asyncio.gather(
        access.together(write("one"), key="one"),
        access.together(lambda redis: redis.set("forbidden", "x"), key="forbidden"),
        access.together(write("two"), key="two"),
        return_exceptions=True,
    )
    assert trips == [3]
    assert [type(outcome) for outcome in outcomes] == [type(None), StoreUnavailable, type(None)]


async def test_without_redis_everybody_is_told_so_and_each_has_a_failure_of_their_own(
    access: RedisAccess, redis_server: RedisServer
) -> None:
    """The way on of a sign-in holds its `next`, which is nobody else's business."""
    await access.together(write("one"), key="one")
    both = [access.together(write(name), key=name) for name in ("two", "three")]
    redis_server.freeze()
    try:
        one, two = await asyncio.gather(*both, return_exceptions=True)
    finally:
        redis_server.thaw()
    assert isinstance(one, StoreUnavailable)
    assert isinstance(two, StoreUnavailable)
    one.way_on = ("elsewhere", "/elsewhere")
    assert two.way_on != one.way_on


async def test_a_command_that_cannot_even_be_sent_is_told_to_whoever_waits(
    access: RedisAccess,
) -> None:
    def broken(_: Redis) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await access.together(broken, key="")
    assert await access.together(write("one"), key="one") is None

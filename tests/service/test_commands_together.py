"""Commands of one moment share a round trip, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from common.settings.redis import RedisCredentials
from common.store import known_clock
from common.store.access import Command, RedisAccess, Step, StoreUnavailable
from common.store.batching import LARGEST_BATCH
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


async def test_commands_of_one_caller_run_in_their_order_and_share_a_round_trip(
    access: RedisAccess, trips: list[int]
) -> None:
    steps: list[Step] = [("cache:last", _last_is(each)) for each in "abc"]
    others = (access.together(write(f"other {number}"), key="") for number in range(LARGEST_BATCH))
    one, two, *_ = await asyncio.gather(
        access.in_order(*steps),
        access.all_together([step for _, step in steps], key="cache:last"),
        *others,
    )
    assert (one, two) == ([None, b"a", b"b"], [b"c", b"a", b"b"])
    assert sorted(trips) == [2, LARGEST_BATCH + 4]


def _last_is(name: str) -> Command:
    return lambda redis: redis.set("cache:last", name, get=True)


async def test_whoever_sends_several_commands_is_told_if_one_of_them_fails(
    access: RedisAccess,
) -> None:
    refused = ("forbidden", lambda redis: redis.set("forbidden", "x"))
    with pytest.raises(StoreUnavailable):
        await access.in_order(("cache:one", write("one")), refused, ("cache:two", write("two")))
    assert await access.together(write("two"), key="two") == b"two"


async def test_the_clock_comes_along_with_other_answers_and_is_asked_for_after_trouble(
    access: RedisAccess, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine answers are late, and rightly not believed.
    monkeypatch.setattr(known_clock, "MOST_BEHIND_SECONDS", 60)
    monkeypatch.setattr(known_clock, "KNOWN_SECONDS", 60)

    def asked() -> int:
        stats: Any = redis_server.client.info("commandstats")
        return int(stats.get("cmdstat_time", {"calls": 0})["calls"])

    await access.together(write("one"), key="one")
    before, told = asked(), await access.clock("any")
    assert asked() == before
    seconds, microseconds = redis_server.client.time()
    assert told <= 1000 * seconds + microseconds / 1000 + 1
    with pytest.raises(StoreUnavailable):
        await access.together(lambda redis: redis.eval("return redis.error_reply('x')", 0), key="")
    before = asked()
    assert await access.clock("any") >= told
    assert asked() == before + 1

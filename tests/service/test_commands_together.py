"""Commands of one moment share a round trip, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from common.settings.redis import RedisCredentials
from common.store import access as redis_access
from common.store import known_clock, own_connection
from common.store.access import Command, RedisAccess, Step, StoreUnavailable
from common.store.batching import LARGEST_BATCH
from common.store.client import connect
from common.store.own_commands import OwnCommands, Recorded
from common.store.own_connection import Waiting
from harness.redis_server import PASSWORD, RedisServer
from tests.own_reader import commands_of, sends

USER = RedisCredentials(username="auth_service", password=PASSWORD)


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many commands travelled together, each time."""
    seen: list[int] = []
    run_together, write_own = RedisAccess._run_together, OwnCommands._write  # noqa: SLF001

    async def watched(access: RedisAccess, batch: Sequence[Sequence[Command]]) -> Sequence[Any]:
        seen.append(sum(map(len, batch)))
        return await run_together(access, batch)

    def watched_too(own: OwnCommands, waiting: Waiting[Recorded, list[Any]]) -> None:
        seen.append(sum(len(asked.commands) for asked, _ in waiting))
        write_own(own, waiting)

    monkeypatch.setattr(RedisAccess, "_run_together", watched)
    monkeypatch.setattr(OwnCommands, "_write", watched_too)
    return seen


@pytest.fixture(params=[True, False], ids=["own connection", "redis-py"])
async def access(
    redis_server: RedisServer, trips: list[int], request: pytest.FixtureRequest
) -> AsyncIterator[RedisAccess]:
    access = RedisAccess(connect(redis_server.url, USER, own_reader=request.param))
    await sends(access)
    trips.clear()
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
    with pytest.raises(TypeError):
        await access.together(lambda redis: redis.eval("return 1", 0, object()), key="")  # type: ignore[arg-type]
    assert await access.all_together([], key="") == []
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

    access._known_clock.forget()  # noqa: SLF001
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


async def test_a_mark_is_ones_own_though_its_connection_was_killed_and_it_was_sent_again(
    access: RedisAccess, redis_server: RedisServer
) -> None:
    for turn in range(10):
        names = [f"{turn}-{number}" for number in range(20)]
        under_way = asyncio.gather(*(access.together(write(name), key=name) for name in names))
        await asyncio.sleep(0)
        redis_server.client.client_kill_filter(_type="normal", skipme=True)
        found = await under_way
        assert all(mark in (None, name.encode()) for mark, name in zip(found, names, strict=True))
        await sends(access)


async def test_whoever_goes_away_leaves_the_answer_to_their_command_to_nobody(
    access: RedisAccess,
) -> None:
    """redis-py CVE-2023-28858, of commands."""
    for turns in range(6):
        names = [f"{number}" for number in range(20)]
        tasks = [
            asyncio.ensure_future(access.together(_last_said(name), key=name)) for name in names
        ]
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        left = await asyncio.gather(*tasks[1::2])
        assert left == [name.encode() for name in names[1::2]]
        await asyncio.gather(*tasks, return_exceptions=True)


def _last_said(name: str) -> Command:
    return lambda redis: redis.eval("return ARGV[1]", 0, name)


async def test_the_end_waits_for_commands_that_are_under_way_and_leaves_no_connection(
    access: RedisAccess, redis_server: RedisServer
) -> None:
    redis_server.freeze()
    under_way = [asyncio.ensure_future(access.together(write(name), key=name)) for name in "abc"]
    for _ in range(3):
        await asyncio.sleep(0)
    own = commands_of(access)
    ending = asyncio.ensure_future(access.servers.close()) if own else None
    await asyncio.sleep(0)
    redis_server.thaw()
    assert await asyncio.gather(*under_way) == [None] * 3
    await (ending or access.servers.close())
    assert "auth_service" not in [each["user"] for each in redis_server.client.client_list()]


async def test_after_a_redis_that_hung_late_answers_are_nobodys(
    access: RedisAccess,
    redis_server: RedisServer,
    trips: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And what was said to have failed is not sent once more."""
    for module in (redis_access, own_connection):
        monkeypatch.setattr(module, "DEADLINE_SECONDS", 0.2)
    redis_server.freeze()
    late = [access.together(_last_said(f"late {number}"), key="") for number in range(5)]
    failures = await asyncio.gather(*late, return_exceptions=True)
    redis_server.thaw()
    assert [type(failure) for failure in failures] == [StoreUnavailable] * 5
    assert trips == [5]
    await sends(access)
    assert await access.together(_last_said("mine"), key="") == b"mine"


async def test_commands_leave_a_server_that_may_be_no_master_any_more(
    access: RedisAccess, redis_server: RedisServer
) -> None:
    own = commands_of(access)
    before = own._connection if own else None  # noqa: SLF001
    under_way = asyncio.ensure_future(access.together(write("one"), key="one"))
    await asyncio.sleep(0)
    await access.servers.drop_idle()
    assert await under_way in (None, b"one")
    await sends(access)
    assert own is None or own._connection is not before  # noqa: SLF001
    assert redis_server.client.get("cache:one") == b"one"


async def test_an_answer_is_what_redis_py_makes_of_it(access: RedisAccess) -> None:
    assert await access.together(lambda redis: redis.set("cache:one", "x"), key="") is True
    assert await access.together(lambda redis: redis.pttl("cache:one"), key="") == -1


async def test_a_part_of_the_answers_of_a_lost_connection_counts_for_nothing(
    access: RedisAccess, redis_server: RedisServer
) -> None:
    own = commands_of(access)
    if own is None:
        pytest.skip("redis-py's own business")
    redis_server.freeze()
    asked = [_last_said(each) for each in "abc"]
    under_way = asyncio.ensure_future(access.all_together(asked, key=""))
    while not own._asked:  # noqa: SLF001, ASYNC110 - no event tells of it
        await asyncio.sleep(0)
    own.data_received(b"$1\r\nx\r\n$1\r\n")
    own.leave()
    redis_server.thaw()
    assert await under_way == [b"a", b"b", b"c"]
    await sends(access)
    assert await access.all_together(asked, key="") == [b"a", b"b", b"c"]

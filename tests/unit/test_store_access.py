"""Reads of one turn travel together, and what happens to one reader happens to no other."""

import asyncio
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from common.store import batching as batches
from common.store.access import RedisAccess, StoreUnavailable
from common.store.batching import LARGEST_BATCH
from common.store.servers import Single


class SlowRedis:
    """Answers MGET when it is told to, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.answered: list[list[str]] = []
        self.was_asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.error: Exception | None = None

    async def execute_command(self, _: str, *names: str) -> list[bytes | None]:
        keys = list(names)
        self.asked.append(keys)
        self.was_asked.set()
        await self.may_answer.wait()
        if self.error:
            raise self.error
        self.answered.append(keys)
        return [None if key == "absent" else f"value of {key}".encode() for key in keys]


@pytest.fixture
def redis() -> SlowRedis:
    return SlowRedis()


@pytest.fixture
def store(redis: SlowRedis) -> RedisAccess:
    return RedisAccess(Single(cast("Any", redis)))


async def test_reads_of_one_turn_are_one_command(redis: SlowRedis, store: RedisAccess) -> None:
    redis.may_answer.set()
    keys = [f"key {number}" for number in range(100)]
    values = await asyncio.gather(*(store.get(key) for key in keys))
    assert values == [f"value of {key}".encode() for key in keys]
    assert redis.asked == [keys]


async def test_reads_of_different_turns_do_not_wait_for_each_other(
    redis: SlowRedis, store: RedisAccess
) -> None:
    redis.may_answer.set()
    assert await store.get("one") == b"value of one"
    assert await store.get("two") == b"value of two"
    assert redis.asked == [["one"], ["two"]]


async def test_what_is_asked_for_meanwhile_travels_together_when_the_answer_is_here(
    redis: SlowRedis, store: RedisAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "PATIENCE_SECONDS", 600)
    first = asyncio.ensure_future(store.get("first"))
    await redis.was_asked.wait()
    later = []
    for number in range(3):
        later.append(asyncio.ensure_future(store.get(f"key {number}")))
        await asyncio.sleep(0)  # a turn each
    redis.may_answer.set()
    assert await first == b"value of first"
    assert await asyncio.gather(*later) == [f"value of key {n}".encode() for n in range(3)]
    assert redis.asked == [["first"], ["key 0", "key 1", "key 2"]]


async def test_an_answer_that_is_late_holds_nobody_else_up(
    redis: SlowRedis, store: RedisAccess
) -> None:
    late = asyncio.ensure_future(store.get("late"))
    await redis.was_asked.wait()
    redis.was_asked.clear()
    other = asyncio.ensure_future(store.get("other"))
    await redis.was_asked.wait()
    assert redis.asked == [["late"], ["other"]]
    assert not late.done()
    redis.may_answer.set()
    await asyncio.gather(late, other)


async def test_two_readers_of_one_key_ask_once_and_both_learn(
    redis: SlowRedis, store: RedisAccess
) -> None:
    redis.may_answer.set()
    values = await asyncio.gather(store.get("key"), store.get("two"), store.get("key"))
    assert list(values) == [b"value of key", b"value of two", b"value of key"]
    assert redis.asked == [["key", "two"]]


async def test_an_absent_key_is_none_for_its_reader_only(
    redis: SlowRedis, store: RedisAccess
) -> None:
    redis.may_answer.set()
    values = await asyncio.gather(store.get("absent"), store.get("key"))
    assert list(values) == [None, b"value of key"]


async def test_more_readers_than_one_command_should_serve_are_split(
    redis: SlowRedis, store: RedisAccess
) -> None:
    redis.may_answer.set()
    await asyncio.gather(*(store.get(f"{number}") for number in range(LARGEST_BATCH + 1)))
    assert sorted(len(keys) for keys in redis.asked) == [1, LARGEST_BATCH]


async def test_a_reader_that_goes_away_takes_nobodys_answer_along(
    redis: SlowRedis, store: RedisAccess
) -> None:
    leaving, staying, same = (
        asyncio.ensure_future(store.get(key)) for key in ("one", "two", "one")
    )
    await redis.was_asked.wait()
    leaving.cancel()
    await asyncio.wait([leaving])
    redis.may_answer.set()
    assert await staying == b"value of two"
    assert await same == b"value of one"
    assert leaving.cancelled()


async def test_when_every_reader_goes_away_the_command_still_ends(
    redis: SlowRedis, store: RedisAccess
) -> None:
    """A reply that nobody reads would wait in the connection for the next person."""
    leaving = asyncio.ensure_future(store.get("one"))
    await redis.was_asked.wait()
    leaving.cancel()
    await asyncio.wait([leaving])
    redis.may_answer.set()
    assert await store.get("two") == b"value of two"
    assert redis.answered == [["one"], ["two"]]


async def test_trouble_reaches_every_reader_of_the_command(
    redis: SlowRedis, store: RedisAccess
) -> None:
    redis.error = RedisConnectionError("gone")
    redis.may_answer.set()
    outcomes = await asyncio.gather(store.get("one"), store.get("two"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable, StoreUnavailable]
    redis.error = None
    assert await store.get("one") == b"value of one"


async def test_an_unforeseen_error_reaches_every_reader_too(
    redis: SlowRedis, store: RedisAccess
) -> None:
    redis.error = ZeroDivisionError()
    redis.may_answer.set()
    outcomes = await asyncio.gather(store.get("one"), store.get("two"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ZeroDivisionError, ZeroDivisionError]


class NamedOnly(Exception):
    def __init__(self, *, what: str) -> None:
        super().__init__()
        self.what = what


async def test_so_does_an_error_that_cannot_be_made_without_arguments(
    redis: SlowRedis, store: RedisAccess
) -> None:
    redis.error = NamedOnly(what="the seal")
    redis.may_answer.set()
    outcomes = await asyncio.gather(store.get("one"), store.get("two"), return_exceptions=True)
    assert [getattr(outcome, "what", None) for outcome in outcomes] == ["the seal", "the seal"]


async def test_what_one_reader_adds_to_its_failure_no_other_sees(
    redis: SlowRedis, store: RedisAccess
) -> None:
    """The way on of a sign-in holds its `next`, which is nobody else's business."""
    redis.error = RedisConnectionError("gone")
    redis.may_answer.set()
    one, two = await asyncio.gather(store.get("one"), store.get("one"), return_exceptions=True)
    assert isinstance(one, StoreUnavailable)
    assert isinstance(two, StoreUnavailable)
    one.way_on = ("elsewhere", "/elsewhere")
    assert two.way_on != one.way_on

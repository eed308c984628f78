"""What holds this process up is not Redis' fault, and what Redis does not answer still ends in time."""

import asyncio
import socket
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop

from common.settings.redis import RedisCredentials
from common.store import access, client, own_connection, patience
from common.store.access import RedisAccess, StoreUnavailable, open_redis
from harness.redis_server import PASSWORD, RedisServer
from tests.own_reader import opened

PATIENCE_SECONDS, HELD_UP_SECONDS = 0.1, 0.3
MakeLoop = Callable[[], asyncio.AbstractEventLoop]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def make_loop(request: pytest.FixtureRequest) -> MakeLoop:
    made: MakeLoop = request.param
    return made


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called, Redis has a tenth of a second: not before, as a machine may be busy."""

    def begin() -> None:
        for module in (access, client, own_connection):
            monkeypatch.setattr(module, "DEADLINE_SECONDS", PATIENCE_SECONDS)

    return begin


@pytest.fixture
def _long_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """That there is a moment for what has come is tested, not how long a busy machine needs for it."""
    monkeypatch.setattr(patience, "MOMENT_SECONDS", 10)


async def asked_while_held_up(
    redis: RedisAccess, server: RedisServer, hurry: Callable[[], None], *, answers: bool
) -> bytes | None:
    await opened(redis)
    hurry()
    server.freeze()
    answer = asyncio.ensure_future(redis.get("session:absent"))
    for _ in range(10):
        await asyncio.sleep(0)  # the command goes out
    if answers:
        server.thaw()
        # Who is asked later answers later: by then that one has been sent.
        for _ in range(2):
            server.client.ping()
    time.sleep(HELD_UP_SECONDS)  # noqa: ASYNC251 - somebody's own code that blocks
    return await answer


@pytest.fixture(params=[True, False], ids=["own reader", "redis-py"])
def has_own_reader(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def run(
    make_loop: MakeLoop,
    server: RedisServer,
    hurry: Callable[[], None],
    *,
    answers: bool,
    own_reader: bool,
) -> bytes | None:
    users = RedisCredentials(username="app_service", password=PASSWORD)

    async def ask() -> bytes | None:
        redis = open_redis(server.url, users, own_reader=own_reader)
        try:
            return await asked_while_held_up(redis, server, hurry, answers=answers)
        finally:
            server.thaw()
            await redis.close()

    with asyncio.Runner(loop_factory=make_loop) as runner:
        return runner.run(ask())


@pytest.mark.usefixtures("_long_moment")
def test_an_answer_that_came_while_the_process_stood_still_counts(
    make_loop: MakeLoop, own_redis: RedisServer, hurry: Callable[[], None], *, has_own_reader: bool
) -> None:
    assert run(make_loop, own_redis, hurry, answers=True, own_reader=has_own_reader) is None


def test_without_an_answer_it_ends_all_the_same(
    make_loop: MakeLoop, own_redis: RedisServer, hurry: Callable[[], None], *, has_own_reader: bool
) -> None:
    with pytest.raises(StoreUnavailable):
        run(make_loop, own_redis, hurry, answers=False, own_reader=has_own_reader)


def test_a_process_that_stands_still_again_and_again_reads_in_between(make_loop: MakeLoop) -> None:
    """A first page that compiles templates, and then a collection of garbage."""

    async def held_up_twice() -> str:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()
        over, again = PATIENCE_SECONDS + HELD_UP_SECONDS, patience.MOMENT_SECONDS + HELD_UP_SECONDS
        loop.call_soon(time.sleep, over)
        loop.call_later(over, time.sleep, again)
        loop.call_later(over + again, answer.set_result, "here")
        async with patience.Patience(PATIENCE_SECONDS):
            return await answer

    with asyncio.Runner(loop_factory=make_loop) as runner:
        assert runner.run(held_up_twice()) == "here"


@pytest.mark.usefixtures("_long_moment")
def test_so_does_one_to_the_first_words_of_a_new_connection(
    make_loop: MakeLoop, hurry: Callable[[], None]
) -> None:
    """Whoever opens dozens of them at once is held up by that alone."""
    hurry()

    async def open_one() -> bytes:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)

        def stand_still() -> None:
            theirs.send(b"+OK")
            time.sleep(HELD_UP_SECONDS)

        async def first_words() -> None:
            asyncio.get_running_loop().call_soon(stand_still)
            came.append(await reader.read(3))

        came: list[bytes] = []
        new: Any = SimpleNamespace(on_connect=first_words)
        try:
            await client._introduce(new)  # noqa: SLF001 - redis-py calls it, with much around
        finally:
            writer.close()
            theirs.close()
        return came[0]

    with asyncio.Runner(loop_factory=make_loop) as runner:
        assert runner.run(open_one()) == b"+OK"


def test_what_holds_this_process_up_while_a_connection_is_opened_is_not_redis_fault(
    make_loop: MakeLoop, redis_server: RedisServer
) -> None:
    async def held_up_after(turns: int) -> None:
        given = RedisCredentials(username="auth_service", password=PASSWORD)
        redis = RedisAccess(client.connect(redis_server.url, given))
        asked = asyncio.create_task(redis.together(lambda one: one.get("session:x"), key=""))
        for _ in range(turns):
            await asyncio.sleep(0)
        time.sleep(client.CONNECT_SECONDS + HELD_UP_SECONDS)  # noqa: ASYNC251 - it blocks
        assert await asked is None
        await redis.close()

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(held_up_after(3))

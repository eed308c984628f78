"""What both ways to read a key promise: whoever asks gets their own answer, or is told in time."""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvloop

from common.settings.redis import RedisCredentials
from common.store import access as redis_access
from common.store import own_connection
from common.store.access import RedisAccess, StoreUnavailable
from common.store.client import connect
from common.store.own_connection import SURELY_ALONE
from harness.redis_server import PASSWORD, RedisServer
from tests.own_reader import connection_of, opened, reader_of

USER = RedisCredentials(username="app_service", password=PASSWORD)
PEOPLE = 40
SHORT_SECONDS = 0.2


@pytest.fixture(params=[True, False], ids=["own reader", "redis-py"])
def has_own_reader(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
async def redis(own_redis: RedisServer, *, has_own_reader: bool) -> AsyncIterator[RedisAccess]:
    access = RedisAccess(connect(own_redis.url, USER, own_reader=has_own_reader))
    await opened(access)
    yield access
    await access.close()


@pytest.fixture
async def own(own_redis: RedisServer) -> AsyncIterator[RedisAccess]:
    """Only with the reader."""
    access = RedisAccess(connect(own_redis.url, USER))
    await opened(access)
    yield access
    await access.close()


@pytest.fixture
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (redis_access, own_connection):
        monkeypatch.setattr(module, "DEADLINE_SECONDS", SHORT_SECONDS)
    monkeypatch.setattr(own_connection, "MOMENT_SECONDS", 0.05)


async def sent(access: RedisAccess, *, commands: int) -> None:
    """Wait until so many are under way."""
    while len(reader_of(access)._asked) < commands:  # noqa: SLF001, ASYNC110 - no event tells of it
        await asyncio.sleep(0)


def write(server: RedisServer) -> None:
    for number in range(PEOPLE):
        server.client.set(f"session:{number}", number)


async def read(access: RedisAccess, number: int) -> object:
    return await access.get(f"session:{number}")


ALL = [str(number).encode() for number in range(PEOPLE)]


async def read_all(access: RedisAccess) -> list[object]:
    return await asyncio.gather(*(read(access, number) for number in range(PEOPLE)))


async def test_whoever_goes_away_leaves_their_answer_to_nobody(
    redis: RedisAccess, own_redis: RedisServer
) -> None:
    """redis-py CVE-2023-28858: the connection of a cancelled command went back with its answer unread."""
    write(own_redis)
    for turns in range(8):
        leaving = [asyncio.create_task(read(redis, number)) for number in range(PEOPLE)]
        # At every step: before the command goes out, while Redis answers, when it has.
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in leaving[::2]:
            task.cancel()
        assert await read_all(redis) == ALL
        assert await asyncio.gather(*leaving[1::2]) == ALL[1::2]
        await asyncio.gather(*leaving, return_exceptions=True)


async def test_reads_of_one_moment_are_one_command(
    redis: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    own_redis.forget_commands()
    assert await read_all(redis) == ALL
    assert own_redis.commands() == {"mget": 1}


async def test_a_read_that_comes_alone_again_and_again_goes_out_at_once(
    own: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    for _ in range(SURELY_ALONE + 1):
        await read(own, 1)
    under_way = asyncio.create_task(read(own, 1))
    await asyncio.sleep(0)
    assert len(reader_of(own)._asked) == 1  # noqa: SLF001
    assert await under_way == b"1"


async def test_whoever_was_alone_shares_again_with_those_who_come(
    own: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    for _ in range(SURELY_ALONE + 1):
        await read(own, 1)
    for commands in (2, 1):
        own_redis.forget_commands()
        assert await read_all(own) == ALL
        assert own_redis.commands() == {"mget": commands}


async def test_two_keys_of_one_caller_are_read_by_one_command(
    redis: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    for _ in range(SURELY_ALONE + 1):
        await read(redis, 1)
    own_redis.forget_commands()
    assert await redis.get_both("session:1", "session:2") == (b"1", b"2")
    assert own_redis.commands() == {"mget": 1}


async def test_whoever_reads_two_keys_alone_is_no_company_for_the_next(
    own: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    for _ in range(SURELY_ALONE + 1):
        await own.get_both("session:1", "session:2")
    under_way = asyncio.create_task(read(own, 1))
    await asyncio.sleep(0)
    assert len(reader_of(own)._asked) == 1  # noqa: SLF001
    assert await under_way == b"1"


async def test_many_readers_of_one_key_all_learn_it_from_one_look(
    redis: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    own_redis.forget_commands()
    answers = await asyncio.gather(*(read(redis, 7) for _ in range(PEOPLE)))
    assert answers == [b"7"] * PEOPLE
    assert own_redis.commands() == {"mget": 1}


async def test_an_absent_key_is_none_and_a_large_value_comes_whole(
    redis: RedisAccess, own_redis: RedisServer
) -> None:
    large = b"x" * 1_000_000
    own_redis.client.set("session:large", large)
    names = ("absent", "large", "nothing")
    found = await asyncio.gather(*(redis.get(f"session:{name}") for name in names))
    assert found == [None, large, None]


async def test_a_restart_of_redis_is_noticed_by_nobody(
    redis: RedisAccess, own_redis: RedisServer
) -> None:
    own_redis.stop()
    own_redis.start()
    write(own_redis)
    assert await read_all(redis) == ALL


async def test_connections_that_are_killed_cost_nobody_their_answer(
    redis: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    for _ in range(10):
        under_way = asyncio.ensure_future(read_all(redis))
        await asyncio.sleep(0)
        own_redis.client.client_kill_filter(_type="normal", skipme=True)
        assert await under_way == ALL
        await opened(redis)


@pytest.mark.usefixtures("short_deadline")
async def test_a_redis_that_hangs_is_said_in_time_to_everybody_and_is_well_again(
    redis: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    own_redis.freeze()
    failures = await asyncio.gather(
        *(read(redis, number) for number in range(PEOPLE)), return_exceptions=True
    )
    own_redis.thaw()
    assert [type(failure) for failure in failures] == [StoreUnavailable] * PEOPLE
    assert len({id(failure) for failure in failures}) == PEOPLE
    await opened(redis)
    # The late answer to the first question is nobody's.
    assert await read_all(redis) == ALL


async def test_whoever_reads_two_keys_gets_both_though_the_connection_is_killed(
    redis: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    for _ in range(5):
        under_way = asyncio.ensure_future(redis.get_both("session:1", "session:2"))
        await asyncio.sleep(0)
        own_redis.client.client_kill_filter(_type="normal", skipme=True)
        assert await under_way == (b"1", b"2")
        await opened(redis)


@pytest.mark.usefixtures("short_deadline")
async def test_two_keys_that_come_too_late_are_one_failure_and_none_is_forgotten(
    redis: RedisAccess, own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    own_redis.freeze()
    reading = asyncio.ensure_future(redis.get_both("session:1", "session:2"))
    await asyncio.wait([reading])
    own_redis.thaw()
    assert isinstance(reading.exception(), StoreUnavailable)
    del reading
    gc.collect()
    assert [each.message for each in caplog.records if each.name == "asyncio"] == []


@pytest.mark.usefixtures("short_deadline")
async def test_a_redis_that_dies_while_it_hangs_is_said_in_time(
    redis: RedisAccess, own_redis: RedisServer
) -> None:
    own_redis.freeze()
    under_way = asyncio.ensure_future(read(redis, 1))
    await asyncio.sleep(0)
    own_redis.kill()
    with pytest.raises(StoreUnavailable):
        await under_way
    own_redis.start()
    write(own_redis)
    await opened(redis)
    assert await read_all(redis) == ALL


def no_permission(server: RedisServer) -> Callable[[], object]:
    server.client.acl_setuser("app_service", commands=["-mget", "-get"])
    return lambda: server.client.acl_setuser("app_service", commands=["+mget", "+get"])


def no_master(server: RedisServer) -> Callable[[], object]:
    server.client.config_set("replica-serve-stale-data", "no")
    server.client.replicaof("127.0.0.1", 1)
    return lambda: server.client.replicaof("NO", "ONE")


@pytest.mark.parametrize("refuses", [no_permission, no_master])
async def test_a_read_that_redis_refuses_is_store_unavailable(
    redis: RedisAccess, own_redis: RedisServer, refuses: Callable[[RedisServer], Callable[[], Any]]
) -> None:
    write(own_redis)
    mend = refuses(own_redis)
    with pytest.raises(StoreUnavailable):
        await read(redis, 1)
    mend()
    await opened(redis)
    assert await read_all(redis) == ALL


async def test_what_may_lead_to_a_former_server_is_left_and_asked_elsewhere(
    own: RedisAccess, own_redis: RedisServer
) -> None:
    """An address may have come to mean another server, and the former one still answers reads."""
    write(own_redis)
    before = connection_of(own)
    under_way = asyncio.ensure_future(read_all(own))
    await asyncio.sleep(0)
    await own.servers.drop_idle()
    assert await under_way == ALL
    await opened(own)
    assert connection_of(own) is not before


async def test_the_end_waits_for_what_was_asked_and_leaves_no_connection(
    redis: RedisAccess, own_redis: RedisServer, *, has_own_reader: bool
) -> None:
    write(own_redis)
    own_redis.freeze()
    under_way = [asyncio.ensure_future(read(redis, number)) for number in range(PEOPLE)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    ending = asyncio.create_task(redis.servers.close()) if has_own_reader else None
    await asyncio.sleep(0)
    own_redis.thaw()
    assert await asyncio.gather(*under_way) == ALL
    await (ending or redis.servers.close())
    users = [each["user"] for each in own_redis.client.client_list()]
    assert "app_service" not in users


async def test_commands_that_are_under_way_together_get_their_own_answers(
    own: RedisAccess, own_redis: RedisServer
) -> None:
    """What waits longer than a moment for an answer before it is not held up by it."""
    write(own_redis)
    own_redis.freeze()
    under_way = []
    for number in range(3):
        under_way.append(asyncio.ensure_future(read(own, number)))
        await sent(own, commands=number + 1)
    own_redis.thaw()
    assert await asyncio.gather(*under_way) == ALL[:3]


async def test_whoever_asks_in_the_moment_of_an_answer_shares_a_command_with_those_who_waited(
    own: RedisAccess, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_connection, "PATIENCE_SECONDS", 60)
    write(own_redis)
    own_redis.forget_commands()

    async def one_after_the_other() -> list[object]:
        return [await read(own, 0), await read(own, 2)]

    own_redis.freeze()
    twice = asyncio.ensure_future(one_after_the_other())
    await sent(own, commands=1)
    waits = asyncio.ensure_future(read(own, 1))
    await asyncio.sleep(0)
    own_redis.thaw()
    assert [*await twice, await waits] == [b"0", b"2", b"1"]
    assert own_redis.commands() == {"mget": 2}


@pytest.mark.usefixtures("short_deadline")
async def test_a_process_that_stood_still_reads_before_it_says_that_an_answer_is_late(
    own: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    under_way = asyncio.ensure_future(read(own, 1))
    await sent(own, commands=1)
    # Who is asked later answers later: by then that answer has been sent.
    for _ in range(2):
        own_redis.client.ping()
    time.sleep(SHORT_SECONDS + 0.1)  # noqa: ASYNC251 - somebody's own code that blocks
    reader = reader_of(own)
    # Some event loops look at their timers first.
    reader._timer.cancel()  # noqa: SLF001
    reader._look(reader._asked[0][1] + SHORT_SECONDS)  # noqa: SLF001
    assert await under_way == b"1"


@pytest.mark.usefixtures("short_deadline")
async def test_a_connection_over_which_nothing_came_in_time_is_left(
    own: RedisAccess, own_redis: RedisServer
) -> None:
    before = connection_of(own)
    own_redis.freeze()
    with pytest.raises(StoreUnavailable):
        await read(own, 1)
    own_redis.thaw()
    await opened(own)
    assert connection_of(own) is not before


@pytest.mark.usefixtures("short_deadline")
async def test_a_second_try_has_what_is_left_of_the_time_of_the_first(own: RedisAccess) -> None:
    reader = reader_of(own)
    reader.otherwise = lambda _: asyncio.get_running_loop().create_future()
    under_way = asyncio.ensure_future(read(own, 1))
    await sent(own, commands=1)
    reader.leave()
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(under_way, 10)


class Played:
    """A connection that cannot be opened, or only when it may be."""

    def __init__(self) -> None:
        self.tried = 0
        self.closed = asyncio.Event()
        self.may_open = asyncio.Event()
        self.fails = self.is_taken = False
        self._reader = self._writer = self.transport = self

    async def connect(self) -> None:
        self.tried += 1
        if self.fails:
            raise ConnectionRefusedError
        await self.may_open.wait()

    def at_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return False

    def set_protocol(self, _: object) -> None:
        self.is_taken = True
        self.closed.set()

    def _close(self) -> None:
        self.closed.set()


async def lost(access: RedisAccess, played: Played) -> None:
    """Lose the reader's connection; from here on there are played ones."""
    reader = reader_of(access)
    reader.leave()
    reader.new_connection, reader._open_at = lambda: played, 0.0  # noqa: SLF001
    while connection_of(access):  # noqa: ASYNC110
        await asyncio.sleep(0)


async def test_a_connection_that_was_to_be_left_while_it_opened_is_not_used(
    own: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    played = Played()
    await lost(own, played)
    assert await read_all(own) == ALL
    await own.servers.drop_idle()
    played.may_open.set()
    await played.closed.wait()
    assert not played.is_taken


async def test_where_no_connection_can_be_opened_redis_py_is_asked(
    own: RedisAccess, own_redis: RedisServer
) -> None:
    write(own_redis)
    played = Played()
    played.fails = True
    await lost(own, played)
    for _ in range(3):
        assert await read_all(own) == ALL
    # And not again with every read.
    assert played.tried == 1


async def test_a_connection_that_broke_in_the_moment_it_was_open_is_not_used(
    own: RedisAccess, own_redis: RedisServer
) -> None:
    """Its end has been told to redis-py's part of it by then, and nobody would tell of it again."""
    reader = reader_of(own)
    opens, broken = reader.new_connection, asyncio.Event()

    def breaks() -> Any:
        connection = opens()
        connect = connection.connect

        async def connect_and_break() -> None:
            await connect()
            own_redis.freeze()
            # A server that ends with something unread resets the connection.
            connection._writer.write(b"unread")  # noqa: SLF001
            own_redis.kill()
            while connection._reader.exception() is None:  # noqa: ASYNC110, SLF001
                await asyncio.sleep(0)
            broken.set()

        connection.connect = connect_and_break
        return connection

    reader.leave()
    reader.new_connection, reader._open_at = breaks, 0.0  # noqa: SLF001
    while not broken.is_set():
        with contextlib.suppress(StoreUnavailable):
            await read(own, 1)
    reader.new_connection = opens
    own_redis.start()
    write(own_redis)
    assert await asyncio.wait_for(read_all(own), 10) == ALL


def test_how_long_redis_took_is_told_in_less_than_milliseconds(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mostly it takes less than one, and uvloop's clock knows no less."""
    told: list[float] = []
    monkeypatch.setattr(own_connection, "observe_redis", told.append)

    async def reads() -> None:
        access = RedisAccess(connect(own_redis.url, USER))
        await opened(access)
        for number in range(10):
            await read(access, number)
        await access.close()

    uvloop.run(reads())
    assert len(told) >= 10
    assert not any(round(1000 * seconds, 6).is_integer() for seconds in told[-3:])

"""What our way through redis-py's pool promises: an answer reaches whoever asked, and nobody else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from common.settings.redis import RedisCredentials
from common.store.client import connect
from common.store.servers import Servers
from harness.eventually import eventually
from harness.redis_server import PASSWORD, RedisServer

USER = RedisCredentials(username="auth_service", password=PASSWORD)
ASKING = 30


@pytest.fixture
async def servers(own_redis: RedisServer) -> AsyncIterator[Servers]:
    servers = connect(own_redis.url, USER)
    yield servers
    await servers.close()


@pytest.fixture
def client(servers: Servers) -> Redis:
    return servers.client


async def alone(client: Redis, *names: object) -> list[Any]:
    return [await client.get(f"cache:{name}") for name in names]


async def together(client: Redis, *names: object) -> list[Any]:
    pipeline = client.pipeline(transaction=False)
    pipeline.time()
    for name in names:
        pipeline.get(f"cache:{name}")
    _, *answers = await pipeline.execute()
    return answers


def idle(client: Redis) -> list[Any]:
    pool: Any = client.connection_pool
    return list(pool._available_connections)  # noqa: SLF001


Asking = Callable[..., Awaitable[list[Any]]]
BOTH = pytest.mark.parametrize("asked", [alone, together])


@BOTH
async def test_whoever_goes_away_leaves_their_answer_to_nobody(
    client: Redis, asked: Asking
) -> None:
    """redis-py CVE-2023-28858: the connection of a cancelled command went back with its answer unread."""
    for number in range(ASKING):
        await client.set(f"cache:{number}", number)

    async def ask(number: int) -> object:
        return await asked(client, number)

    for turns in range(8):
        leaving = [asyncio.create_task(ask(number)) for number in range(ASKING)]
        # At every step of a command: before it is sent, while Redis answers, when it has.
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in leaving:
            task.cancel()
        staying = await asyncio.gather(*(ask(number) for number in range(ASKING)))
        assert staying == [[str(number).encode()] for number in range(ASKING)]
        await asyncio.gather(*leaving, return_exceptions=True)


@BOTH
async def test_a_command_is_tried_once_more_when_its_connection_has_gone_stale(
    client: Redis, own_redis: RedisServer, asked: Asking
) -> None:
    await client.set("cache:a", "before")
    own_redis.stop()
    own_redis.start()
    assert await asked(client, "a", "a") == [b"before", b"before"]


async def test_an_answer_that_nobody_understands_leaves_the_others_to_nobody(
    client: Redis,
) -> None:
    await client.set("cache:a", "a")

    def fails(_: object) -> object:
        raise ZeroDivisionError

    pipeline: Any = client.pipeline(transaction=False)
    pipeline.time().get("cache:b").get("cache:b")
    pipeline.response_callbacks = {"TIME": fails}
    with pytest.raises(ZeroDivisionError):
        await pipeline.execute()
    # Not only because nothing was left to read when it was given back: an answer may be under way.
    assert not any(each.is_connected for each in idle(client))
    assert await client.get("cache:a") == b"a"


async def test_what_is_refused_among_others_is_raised_without_the_words_of_the_command(
    client: Redis,
) -> None:
    pipeline: Any = client.pipeline(transaction=False)
    pipeline.set("cache:a", "a").set("forbidden", "a secret").get("cache:a")
    with pytest.raises(ResponseError) as refused:
        await pipeline.execute()
    assert "a secret" not in str(refused.value)
    assert await client.get("cache:a") == b"a"


@BOTH
async def test_a_connection_that_breaks_under_a_command_is_given_back(
    client: Redis, own_redis: RedisServer, asked: Asking
) -> None:
    pool: Any = client.connection_pool
    await client.set("cache:a", "x")
    own_redis.stop()
    for _ in range(3):
        with pytest.raises(RedisConnectionError):
            await asked(client, "a")
    assert (len(pool._in_use_connections), len(pool._available_connections)) == (0, 1)  # noqa: SLF001


async def test_a_command_that_was_under_way_opens_no_connection_after_the_end(
    servers: Servers, own_redis: RedisServer
) -> None:
    await servers.client.set("cache:a", "x")
    own_redis.freeze()
    asking = asyncio.ensure_future(servers.client.get("cache:a"))
    for _ in range(8):
        await asyncio.sleep(0)
    await servers.close()
    own_redis.thaw()
    with pytest.raises(RedisConnectionError):
        await asking

    async def alone() -> bool:
        clients = own_redis.client.client_list()
        return USER.username not in [client["user"] for client in clients]

    await eventually(alone)

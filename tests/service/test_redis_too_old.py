"""A Redis that lacks what we need is named at the start, with the version it takes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import hiredis
import pytest
from aiohttp import web

from app_service.redis_needs import NEEDS
from common.settings.redis import RedisCredentials
from common.store import permissions
from common.store.access import open_redis
from common.store.permissions import PermissionCheck, RedisTooOld, missing_permissions
from harness.eventually import eventually
from tests.conftest import MakeSite


class PlayedRedis:
    """Greets as a server of some version does, and takes every command."""

    def __init__(self, version: str, server: str = "redis") -> None:
        self.version = version
        self.server = server
        self.is_away = False
        self.greeted = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        commands = hiredis.Reader()
        while not self.is_away and (data := await reader.read(65536)):
            commands.feed(data)
            while (command := commands.gets()) is not False:
                writer.write(self._answer(command))
        writer.close()

    def _answer(self, command: list[bytes]) -> bytes:
        if command[0] != b"HELLO":
            return b"+OK\r\n"
        self.greeted += 1
        head = b"%3\r\n" if b"3" in command[1:2] else b"*6\r\n"
        said = ("server", self.server, "version", self.version, "proto")
        words = b"".join(b"$%d\r\n%s\r\n" % (len(one), one.encode()) for one in said)
        return head + words + b":3\r\n"


@pytest.fixture
async def played() -> AsyncIterator[tuple[PlayedRedis, str]]:
    redis = PlayedRedis("6.2.14")
    server = await asyncio.start_server(redis.serve, "127.0.0.1", 0)
    yield redis, f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    server.close()


async def test_a_server_that_is_too_old_is_named_with_the_version_that_is_needed(
    played: tuple[PlayedRedis, str],
) -> None:
    redis = open_redis(played[1], RedisCredentials())
    with pytest.raises(RedisTooOld, match=r"version 6\.2\.14, and 7\.0 or newer is needed"):
        await missing_permissions(redis, NEEDS)
    await redis.close()


@pytest.mark.parametrize(
    ("server", "version"),
    [("redis", "7.0.0"), ("redis", "8.2.1"), ("valkey", "9.1.2"), ("redis", "10.0"), ("x", "dev")],
)
async def test_a_server_that_is_new_enough_is_tried_out(
    played: tuple[PlayedRedis, str], server: str, version: str
) -> None:
    played[0].server, played[0].version = server, version
    redis = open_redis(played[1], RedisCredentials())
    assert await missing_permissions(redis, NEEDS) == []
    await redis.close()


async def test_a_service_at_such_a_server_is_not_ready_and_says_why(
    make_site: MakeSite,
    played: tuple[PlayedRedis, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    site = await make_site(REDIS_URL=played[1])
    async with aiohttp.request("GET", f"{site.app_urls[0]}/readyz") as answer:
        assert (answer.status, await answer.text()) == (503, "Redis is too old\n")
    assert any(record.message == "redis_too_old" for record in caplog.records)


async def test_what_answers_later_is_judged_once_for_each_change(
    played: tuple[PlayedRedis, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody is there at the start; then an old server is, and at last a new one in its place."""
    monkeypatch.setattr(permissions, "AGAIN_SECONDS", 0.01)
    server, redis = played[0], open_redis(played[1], RedisCredentials())
    server.is_away = True
    check = PermissionCheck(redis, NEEDS)

    async def judged_again() -> bool:
        return server.greeted > 3

    async def new_enough() -> bool:
        return not check.too_old

    async with asynccontextmanager(check.context)(web.Application()):
        assert not check.too_old
        server.is_away = False
        await eventually(judged_again)
        assert check.too_old
        server.version = "8.2.1"
        await eventually(new_enough)
    await redis.close()
    said = [record.message for record in caplog.records]
    assert (said.count("redis_not_checked"), said.count("redis_too_old")) == (1, 1)

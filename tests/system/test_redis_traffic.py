"""What MONITOR shows of a page: one read for whoever is signed in, and nothing for a stranger."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from harness.browser_like import Browser
from harness.stack import Stack

THE_END = "the-end-of-what-is-looked-at"


@pytest.fixture
async def redis(stack: Stack) -> AsyncIterator[Redis]:
    async with Redis.from_url(stack.redis, decode_responses=True) as admin:
        yield admin


async def commands_of_pages(redis: Redis, browser: Browser, *paths: str) -> list[str]:
    """What app_service asks of Redis while these are visited, connecting aside."""
    async with redis.monitor() as monitor:
        for path in paths:
            await browser.get(path)
        # Redis takes one command after the other: what the pages cost stands before this.
        await redis.echo(THE_END)
        seen = []
        while THE_END not in (shown := await monitor.next_command())["command"]:
            seen.append((f"{shown['client_address']}:{shown['client_port']}", shown["command"]))
    ours = {
        client["addr"] for client in await redis.client_list() if client["user"] == "app_service"
    }
    return [command for client, command in seen if client in ours and not connects(command)]


def connects(command: str) -> bool:
    return command.split(" ", 1)[0].upper() in ("HELLO", "AUTH", "CLIENT", "SELECT")


async def test_a_signed_in_page_is_one_read_and_no_write(
    stack: Stack, redis: Redis, browser: Browser
) -> None:
    await browser.sign_in()
    # What Webex says of the person is kept from the first page on.
    first = await commands_of_pages(redis, browser, "/")
    assert [command.split()[0] for command in without_clock(first)] == ["MGET", "SET"]
    # Within a minute only the session can have changed; each replica has to learn the rest once.
    pages = [await commands_of_pages(redis, browser, path) for path in ("/", "/api/me") * 4]
    # The idle clock, too, is moved by each replica's first page: it knows of no other move yet.
    moved = [page for page in pages if page != without_clock(page)]
    assert len(moved) < len(stack.ports.app_service)
    reads = [prefixes(read) for [read] in map(without_clock, pages)]
    both = reads.count(["MGET", "session", "cache"])
    assert both <= len(stack.ports.app_service)
    assert reads.count(["MGET", "session"]) == len(reads) - both


def without_clock(commands: list[str]) -> list[str]:
    return [one for one in commands if one.split()[0] not in ("TIME", "PEXPIREAT")]


def prefixes(command: str) -> list[str]:
    return [word.split(":")[0] for word in command.split()]


async def test_a_strangers_page_is_no_command_at_all(redis: Redis, browser: Browser) -> None:
    assert await commands_of_pages(redis, browser, "/", "/api/me", "/spaces", "/nowhere") == []

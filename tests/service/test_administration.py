"""`python -m auth_service sessions …`: an administrator sees and ends what a person has."""

import asyncio
import sys

import pytest

from common.sessions.ticket import Ticket
from harness.browser_like import Browser
from harness.redis_server import RedisServer
from harness.site import Site
from tests.conftest import MakeSite


async def command(site: Site, *arguments: str) -> tuple[int | None, str]:
    """Run the command beside the site; return its exit code and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auth_service", "sessions", *arguments),
        env={"REDIS_USERNAME": "auth_service", **site.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


@pytest.fixture
async def two(make_site: MakeSite) -> tuple[Site, list[Browser], str]:
    """A site of two replicas, Ada's two browsers, and her person id."""
    site = await make_site(replicas=2)
    browsers = [await site.browser() for _ in range(2)]
    for browser in browsers:
        await browser.sign_in()
    return site, browsers, (await browsers[0].get("/api/me")).json()["id"]


async def statuses(browsers: list[Browser]) -> list[int]:
    return [(await browser.get("/api/me")).status for browser in browsers for _ in range(2)]


async def test_an_administrator_ends_all_sessions_of_a_person_on_every_replica(
    two: tuple[Site, list[Browser], str], redis_server: RedisServer
) -> None:
    site, browsers, person = two
    assert await command(site, "end", person) == (0, "2 session(s) ended\n")
    assert await statuses(browsers) == [401] * 4
    assert redis_server.keys("person:*") == []


async def test_an_administrator_ends_one_session_by_the_handle_that_the_list_shows(
    two: tuple[Site, list[Browser], str],
) -> None:
    site, browsers, person = two
    code, listed = await command(site, "list", person)
    assert code == 0
    assert listed.endswith("2 session(s)\n")
    ticket = Ticket.parse(browsers[0].session_cookie)
    assert ticket is not None
    handle = next(line.split(" ")[0] for line in listed.splitlines() if ticket.handle[:12] in line)
    assert await command(site, "end", person, handle) == (0, "1 session(s) ended\n")
    assert await statuses(browsers) == [401, 401, 200, 200]


async def test_a_handle_of_somebody_else_ends_nothing(
    two: tuple[Site, list[Browser], str],
) -> None:
    site, browsers, _ = two
    ticket = Ticket.parse(browsers[0].session_cookie)
    assert ticket is not None
    code, said = await command(site, "end", "somebody-else", ticket.handle)
    assert (code, said) == (1, "0 session(s) ended\n")
    assert await statuses(browsers) == [200] * 4


async def test_the_command_does_not_deny_what_it_did_before_redis_failed(
    make_site: MakeSite, own_redis: RedisServer
) -> None:
    site = await make_site(redis=own_redis)
    browsers = [await site.browser() for _ in range(2)]
    for browser in browsers:
        await browser.sign_in()
    person = (await browsers[0].get("/api/me")).json()["id"]
    kept = own_redis.keys("session:*")
    while len(own_redis.keys("session:*")) == 2:
        # Redis lets only this one end. Where the other one came first, it is that one's turn.
        may = (
            "resetkeys",
            "%R~*",
            f"~{kept.pop()}",
            "~cache:*",
            "~binding:*",
            "~lease:*",
            "~pause:*",
            "~successor:*",
            "~refreshed:*",
        )
        own_redis.client.execute_command("ACL", "SETUSER", "auth_service", *may)  # type: ignore[no-untyped-call]
        code, said = await command(site, "end", person)
    assert code == 1
    assert said.endswith(
        "Redis failed: `check-redis` says why. Sessions may have ended before that; "
        "`sessions list` shows those that are left.\n"
    )


async def test_the_command_says_that_a_person_is_named_by_id_and_why(site: Site) -> None:
    code, said = await command(site, "list", "--help")
    assert code == 0
    assert "E-mail addresses do not work" in " ".join(said.split())

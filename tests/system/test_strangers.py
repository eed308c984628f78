"""The home page that all strangers see is kept by nginx for ten seconds, and nothing else is."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import pytest

from harness.eventually import eventually
from harness.stack import Stack
from tests.system.played_service import ANSWER, PlayedService
from tests.system.raw_http import exchange, statuses

HTML = "Accept: text/html,application/xhtml+xml"
# For so long that no test has to hurry; the service says ten seconds.
KEPT = "X-Accel-Expires: 300"
ID = re.compile(rb"X-Request-Id: (\w{32})\r\n")


class Home:
    """A played app_service, which answers with these header lines."""

    def __init__(self, port: int) -> None:
        self.status = "200 OK"
        self.fields = [KEPT, "Cache-Control: no-store"]
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.service = PlayedService(port, self._act)

    async def _act(self, writer: asyncio.StreamWriter) -> None:
        number = len(self.service.received)
        await self.may_answer.wait()
        fields = "".join(f"{line}\r\n" for line in self.fields)
        head = f"HTTP/1.1 {self.status}\r\nContent-Length: 2\r\nContent-Type: text/html\r\n"
        writer.write(f"{head}{fields}\r\n{number:2}".encode())

    @property
    def asked(self) -> int:
        return len(self.service.received)


@pytest.fixture
def door() -> Iterator[Stack]:
    """One for each test: what it keeps is kept for the next one too."""
    with Stack(only=["nginx"]) as running:
        yield running


@pytest.fixture
async def home(door: Stack) -> AsyncIterator[Home]:
    played = Home(door.ports.app_service[0])
    async with played.service:
        yield played


async def ask(stack: Stack, line: str = "GET /", *fields: str) -> bytes:
    head = "\r\n".join([f"{line} HTTP/1.1", "Host: x", *(fields or (HTML,)), "Connection: close"])
    return await exchange(stack.ports.door, f"{head}\r\n\r\n".encode())


async def test_strangers_share_a_page_and_each_has_a_request_id(door: Stack, home: Home) -> None:
    answers = [await ask(door) for _ in range(3)]
    assert home.asked == 1
    assert [answer.rpartition(b"\r\n\r\n")[2] for answer in answers] == [b" 1"] * 3
    ids = [ID.findall(answer) for answer in answers]
    assert all(len(found) == 1 for found in ids)
    assert len({found[0] for found in ids}) == 3
    assert all(found[0].decode() in door.logs("nginx") for found in ids)
    for answer in answers:
        assert b"\r\nCache-Control: no-store\r\n" in answer
        assert b"X-Accel" not in answer


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("GET /", (HTML, "Cookie: session=1")),
        ("GET /", (HTML, "Cookie: :")),
        ("GET /", (HTML, "Authorization: Bearer x")),
        ("GET /?", (HTML,)),
        ("GET /?x=1", (HTML,)),
        ("GET //", (HTML,)),
        ("GET /%2e/", (HTML,)),
        ("GET /index.html", (HTML,)),
        ("HEAD /", (HTML,)),
        ("POST /", (HTML, "Content-Length: 0")),
        ("GET /", ("Accept: application/json",)),
        ("GET /", ("X-Nothing: asked",)),
    ],
)
async def test_whoever_shows_anything_is_answered_by_the_service(
    door: Stack, home: Home, line: str, fields: tuple[str, ...]
) -> None:
    await ask(door)
    assert statuses(await ask(door, line, *fields)) == [200]
    assert home.asked == 2
    # And nobody else gets that answer.
    assert (await ask(door)).endswith(b" 1")
    assert home.asked == 2


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        ("200 OK", [KEPT, "Set-Cookie: a=b"]),
        ("200 OK", ["Cache-Control: public, max-age=300"]),
        ("200 OK", []),
        ("302 Found", [KEPT, "Location: /login"]),
        ("404 Not Found", [KEPT]),
        ("500 Internal Server Error", [KEPT]),
        ("503 Service Unavailable", [KEPT]),
    ],
)
async def test_only_a_page_that_the_service_offers_and_that_sets_no_cookie_is_kept(
    door: Stack, home: Home, status: str, fields: list[str]
) -> None:
    home.status, home.fields = status, fields
    answers = [await ask(door) for _ in range(3)]
    assert [statuses(answer)[0] for answer in answers] == [int(status[:3])] * 3
    assert home.asked == 3


async def test_nothing_that_a_stranger_sends_can_change_what_others_see(
    door: Stack, home: Home
) -> None:
    odd = (
        *("User-Agent: x", "Accept-Language: xx", "Origin: x", "Range: bytes=0-0", "X-Odd: x"),
        *("If-None-Match: x", "Traceparent: x", "Sec-Fetch-Mode: x", "X-Forwarded-Host: x"),
    )
    assert statuses(await ask(door, "GET /", HTML, *odd)) == [200]
    [request] = home.service.received
    assert request.names == {"host", "accept", "x-request-id"}
    assert request.values("Accept") == ["text/html"]
    assert request.values("Host") == ["app_service"]


async def test_nginx_with_other_static_files_keeps_a_page_of_its_own(
    door: Stack, home: Home
) -> None:
    await ask(door)
    release = door.folder / "public" / "release.conf"
    release.write_text("set $release another;\n")
    door.process("nginx").restart()
    door.wait_for("nginx")
    assert (await ask(door)).endswith(b" 2")
    assert home.asked == 2


async def test_a_page_is_made_anew_when_its_time_is_over(door: Stack, home: Home) -> None:
    home.fields = ["X-Accel-Expires: 1"]

    async def is_made_anew() -> bool:
        return (await ask(door)).endswith(b" 2")

    assert (await ask(door)).endswith(b" 1")
    await eventually(is_made_anew)


async def test_many_strangers_at_once_cost_the_service_one_page(door: Stack, home: Home) -> None:
    home.may_answer.clear()
    answers = [asyncio.create_task(ask(door)) for _ in range(20)]

    async def are_asking() -> bool:
        return home.asked > 0

    await eventually(are_asking)
    home.may_answer.set()
    assert {statuses(answer)[0] for answer in await asyncio.gather(*answers)} == {200}
    assert home.asked == 1


async def test_a_stranger_is_told_that_the_service_is_down(door: Stack) -> None:
    answer = await ask(door)
    assert statuses(answer) == [502]
    assert b"A part of this site is down" in answer


async def test_the_page_that_is_kept_has_the_headers_of_the_one_that_is_made() -> None:
    with Stack(CLIENT_ID="C1", CLIENT_SECRET="insecure-secret") as stack:
        made, first, kept = [
            await ask(stack, "GET /", HTML, *more) for more in (("Cookie: a=b",), (), ())
        ]
        lines = stack.logs("nginx").splitlines()[-1]
    assert '"upstream":""' in lines
    assert _without_its_own(made) == _without_its_own(first) == _without_its_own(kept)
    assert b"Content-Security-Policy: default-src 'none'" in kept


def _without_its_own(answer: bytes) -> set[bytes]:
    own = (b"Date: ", b"X-Request-Id: ")
    return {line for line in answer.split(b"\r\n") if not line.startswith(own)}


async def test_static_files_of_two_releases_are_served_in_the_middle_of_an_update() -> None:
    """A page of another release asks for what this nginx does not have; some replica has it."""
    name = "/static/site.0123456789ab.css"
    with Stack(only=["nginx"], app_services=2) as door:
        one, other = door.ports.app_service

        async def not_mine(writer: asyncio.StreamWriter) -> None:
            writer.write(ANSWER.replace(b"200 OK", b"404 Not Found"))

        async with PlayedService(one, not_mine) as old, PlayedService(other) as new:
            answers = [await ask(door, f"GET {name}") for _ in range(4)]
            assert {statuses(answer)[0] for answer in answers} == {200}
            assert len(new.received) == 4
            assert old.received
        async with PlayedService(one, not_mine), PlayedService(other, not_mine):
            gone = await ask(door, f"GET {name}")
        assert statuses(gone) == [404]
        assert b"Cache-Control: no-store" in gone

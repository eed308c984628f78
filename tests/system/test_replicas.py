"""A replica that is gone, breaks off or hangs; and requests that must not be sent twice."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator

import pytest

from harness.browser_like import Browser
from harness.eventually import eventually
from harness.stack import Stack
from tests.system.played_service import ANSWER, PlayedService
from tests.system.raw_http import exchange, statuses
from tests.system.silent_port import SilentPort

CHANGING = ("POST", "PATCH", "PUT", "DELETE")


async def break_off(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def hang(writer: asyncio.StreamWriter) -> None:
    await writer.wait_closed()


async def ask(door: Stack, line: str, body: bytes = b"") -> list[int]:
    head = f"{line} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return statuses(await exchange(door.ports.door, head.encode() + body))


@pytest.fixture
def two_rooms(door: Stack) -> tuple[int, int]:
    first, second = door.ports.app_service
    return first, second


@pytest.fixture(scope="module")
def impatient() -> Iterator[Stack]:
    """A door that takes a second for forty-five."""
    with Stack(only=["nginx"], app_services=2) as running:
        settings = running.folder / "nginx" / "service.conf"
        text = settings.read_text().replace("read_timeout 45s;", "read_timeout 1s;")
        settings.write_text(text.replace("upstream_timeout 10s;", "upstream_timeout 500ms;"))
        running.process("nginx").restart()
        running.wait_for("nginx")
        yield running


async def test_a_page_comes_from_another_replica_when_one_breaks_off(
    door: Stack, two_rooms: tuple[int, int]
) -> None:
    async with PlayedService(two_rooms[0], break_off), PlayedService(two_rooms[1]) as sound:
        answers = [await ask(door, "GET /") for _ in range(4)]
    assert answers == [[200]] * 4
    assert len(sound.received) == 4


@pytest.mark.parametrize("method", CHANGING)
async def test_what_may_change_something_is_never_sent_again_once_it_was_received(
    door: Stack, two_rooms: tuple[int, int], method: str
) -> None:
    async with (
        PlayedService(two_rooms[0], break_off) as one,
        PlayedService(two_rooms[1], break_off) as other,
    ):
        assert await ask(door, f"{method} /api/x", b"body") == [502]
        assert len(one.received) + len(other.received) == 1


@pytest.mark.parametrize("method", CHANGING)
async def test_what_may_change_something_reaches_another_replica_when_one_is_gone(
    door: Stack, two_rooms: tuple[int, int], method: str
) -> None:
    async with PlayedService(two_rooms[1]) as there:
        answers = [await ask(door, f"{method} /api/x?y=1", b"body") for _ in range(4)]
    assert answers == [[200]] * 4
    arrived = [(request.line, request.body) for request in there.received]
    assert arrived == [(f"{method} /api/x?y=1 HTTP/1.1", b"body")] * 4


@pytest.mark.parametrize("method", CHANGING)
async def test_what_may_change_something_reaches_another_replica_when_one_is_silent(
    door: Stack, two_rooms: tuple[int, int], method: str
) -> None:
    with SilentPort(two_rooms[0]):
        async with PlayedService(two_rooms[1]) as there:
            answers = [await ask(door, f"{method} /api/x", b"body") for _ in range(2)]
    assert answers == [[200]] * 2
    assert [request.body for request in there.received] == [b"body"] * 2


@pytest.mark.parametrize("method", CHANGING)
async def test_what_was_received_at_the_second_look_is_not_sent_at_a_third(
    door: Stack, two_rooms: tuple[int, int], method: str
) -> None:
    received = 0
    while not received:  # Whoever opens the port too late is never asked.
        with SilentPort(two_rooms[0]) as silent:
            answer = asyncio.create_task(ask(door, f"{method} /api/x"))
            await eventually(silent.is_knocked_at)
        async with PlayedService(two_rooms[0], break_off) as late:
            assert await answer == [502]
            received = len(late.received)
            # Of a body that is still coming nginx has a part only: nothing may follow on this connection.
            assert [each.values("Connection") for each in late.received] == [["close"]] * received
    assert received == 1


@pytest.mark.parametrize(
    "line",
    [
        "GET /",
        "POST /",
        "GET /api/space/events",
        "POST /api/space/events",
        "PUT /api/x",
        "DELETE /api/x",
    ],
)
async def test_a_service_that_nobody_reaches_is_down_also_if_the_network_says_nothing(
    door: Stack, two_rooms: tuple[int, int], line: str
) -> None:
    with SilentPort(two_rooms[0]), SilentPort(two_rooms[1]):
        assert await ask(door, line) == [502]


async def looks_of(door: Stack, method: str) -> list[str]:
    """Ask with nobody there; return what was tried in each look, as the log has it."""
    path = f"/api/looks/{method}"
    assert await ask(door, f"{method} {path}") == [502]
    looks: list[str] = []

    async def is_written() -> bool:
        lines = (json.loads(line) for line in door.logs("nginx").splitlines() if path in line)
        looks[:] = [look for line in lines for look in line["upstream"].split(" : ")]
        return bool(looks)

    await eventually(is_written)
    return looks


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
async def test_whoever_finds_no_replica_looks_for_one_three_times(door: Stack, method: str) -> None:
    """While one look times out on a replica that is gone, the names may change again."""
    assert len(await looks_of(door, method)) == 3


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_whoever_tries_one_replica_at_a_time_looks_for_each_of_two_four_times(
    door: Stack, two_rooms: tuple[int, int], method: str
) -> None:
    tried = Counter(look.rpartition(":")[2] for look in await looks_of(door, method))
    assert tried == {str(port): 4 for port in two_rooms}


async def test_whoever_tries_one_replica_at_a_time_finds_the_only_one_of_eight() -> None:
    with Stack(only=["nginx"], app_services=8) as door:
        async with PlayedService(door.ports.app_service[5]) as there:
            for method in ("PUT", "DELETE", "PUT"):
                assert await ask(door, f"{method} /api/x") == [200]
    assert len(there.received) == 3


@pytest.mark.parametrize("method", ["GET", *CHANGING])
async def test_a_replica_that_has_the_request_and_hangs_is_no_service_that_is_down(
    impatient: Stack, method: str
) -> None:
    one, other = impatient.ports.app_service
    async with PlayedService(one, hang) as here, PlayedService(other, hang) as there:
        assert await ask(impatient, f"{method} /api/x") == [504]
        assert len(here.received) + len(there.received) == 1


async def test_connections_to_a_service_are_used_again(door: Stack, app: PlayedService) -> None:
    for _ in range(10):
        assert await ask(door, "GET /") == [200]
    assert len(app.received) == 10
    assert app.connections < 10


async def test_events_pass_while_the_answer_goes_on(door: Stack) -> None:
    """Server-sent events: the first one arrives although the service has not finished."""
    finish = asyncio.Event()

    async def stream(writer: asyncio.StreamWriter) -> None:
        head = ANSWER.replace(b"Content-Length: 2", b"Connection: close").removesuffix(b"ok")
        writer.write(head.replace(b"text/plain", b"text/event-stream") + b"data: first\n\n")
        await writer.drain()
        await finish.wait()
        writer.write(b"data: last\n\n")
        await writer.drain()
        writer.close()

    async with PlayedService(door.ports.app_service[0], stream):
        reader, writer = await asyncio.open_connection("127.0.0.1", door.ports.door)
        writer.write(b"GET /api/space/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(10):
            answer = await reader.readuntil(b"data: first\n\n")
            # Another nginx before this one buffers nothing either.
            assert b"\r\nX-Accel-Buffering: no\r\n" in answer
            finish.set()
            await reader.readuntil(b"data: last\n\n")
        writer.close()
        await writer.wait_closed()


async def test_nobody_notices_when_a_replica_is_killed_and_comes_back() -> None:
    with Stack(app_services=2) as stack:
        async with Browser(stack.url, lambda _: stack.url) as browser:
            await browser.sign_in()
            stack.process("app_service").kill()
            assert {(await browser.get("/api/me")).status for _ in range(20)} == {200}
            stack.process("app_service").start()
            stack.process("app_service.2").stop()
            stack.wait_for("app_service")
            assert {(await browser.get("/api/me")).status for _ in range(20)} == {200}


async def test_a_service_that_is_down_has_a_page_and_comes_back_by_itself() -> None:
    with Stack() as stack:
        async with Browser(stack.url, lambda _: stack.url) as browser:
            await browser.sign_in()
            stack.process("app_service").stop()
            answer = await browser.get("/")
            assert answer.status == 502
            assert answer.headers["Retry-After"] == "2"
            assert answer.page.heading == "A part of this site is down"
            assert answer.cookies == []
            stack.process("app_service").start()
            stack.wait_for("app_service")
            assert (await browser.get("/")).page.heading.startswith("So happy to meet")

"""A replica that is gone, breaks off or hangs; and requests that must not be sent twice."""

import asyncio
import json

import pytest

from tests.browser_like import Browser
from tests.eventually import eventually
from tests.stack import Stack
from tests.system.played_service import ANSWER, PlayedService
from tests.system.raw_http import exchange, statuses
from tests.system.silent_port import SilentPort


async def break_off(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def ask(door: Stack, line: str) -> list[int]:
    head = f"{line} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    return statuses(await exchange(door.ports.door, head.encode()))


@pytest.fixture
def two_rooms(door: Stack) -> tuple[int, int]:
    first, second = door.ports.app_service
    return first, second


async def test_a_page_comes_from_another_replica_when_one_breaks_off(
    door: Stack, two_rooms: tuple[int, int]
) -> None:
    async with PlayedService(two_rooms[0], break_off), PlayedService(two_rooms[1]) as sound:
        answers = [await ask(door, "GET /") for _ in range(4)]
    assert answers == [[200]] * 4
    assert len(sound.received) == 4


async def test_a_form_that_was_received_is_never_sent_again(
    door: Stack, two_rooms: tuple[int, int]
) -> None:
    async with (
        PlayedService(two_rooms[0], break_off) as one,
        PlayedService(two_rooms[1], break_off) as other,
    ):
        assert await ask(door, "POST /api/x") == [502]
        assert len(one.received) + len(other.received) == 1


async def test_a_form_reaches_another_replica_when_one_is_gone(
    door: Stack, two_rooms: tuple[int, int]
) -> None:
    async with PlayedService(two_rooms[1]) as there:
        answers = [await ask(door, "POST /api/x") for _ in range(4)]
    assert answers == [[200]] * 4
    assert len(there.received) == 4


async def test_a_form_that_was_received_at_the_second_look_is_not_sent_at_a_third(
    door: Stack, two_rooms: tuple[int, int]
) -> None:
    received = 0
    while not received:  # Whoever opens the port too late is never asked.
        with SilentPort(two_rooms[0]) as silent:
            answer = asyncio.create_task(ask(door, "POST /api/x"))
            await eventually(silent.is_knocked_at)
        async with PlayedService(two_rooms[0], break_off) as late:
            assert await answer == [502]
            received = len(late.received)
    assert received == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/api/space/events"])
async def test_a_service_that_nobody_reaches_is_down_also_if_the_network_says_nothing(
    door: Stack, two_rooms: tuple[int, int], method: str, path: str
) -> None:
    with SilentPort(two_rooms[0]), SilentPort(two_rooms[1]):
        assert await ask(door, f"{method} {path}") == [502]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_whoever_finds_no_replica_looks_for_one_three_times(door: Stack, method: str) -> None:
    """While one look times out on a replica that is gone, the names may change again."""
    path = f"/three/looks/{method}"
    assert await ask(door, f"{method} {path}") == [502]
    looks: list[str] = []

    async def is_written() -> bool:
        lines = (json.loads(line) for line in door.logs("nginx").splitlines() if path in line)
        looks[:] = [look for line in lines for look in line["upstream"].split(" : ")]
        return bool(looks)

    await eventually(is_written)
    assert len(looks) == 3


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
            await reader.readuntil(b"data: first\n\n")
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

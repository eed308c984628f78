"""What an update of the services costs people: nothing, not even in the middle of a callback."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator

import pytest

from bench.steady_load import SteadyLoad
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.sandbox_control import EXCHANGE, SandboxControl
from harness.stack import Stack
from local_stack.ports import HOST
from tests.system.played_service import ANSWER, PlayedService
from tests.system.raw_http import exchange, statuses

WEBEX_SECONDS = 2.0
on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux lists a process's children"
)


@pytest.fixture(scope="module")
def updated() -> Iterator[Stack]:
    with Stack(
        auth_services=2, app_services=2, SIGN_IN_RATE="500r/s", SIGN_IN_BURST="500"
    ) as running:
        yield running


async def test_a_callback_in_flight_finishes_on_the_replica_that_ends(updated: Stack) -> None:
    sandbox = SandboxControl(updated.sandbox_url)
    await sandbox.forget_calls()
    await sandbox.fault(EXCHANGE, delay=WEBEX_SECONDS)
    # Where it leads is answered by nobody while both are down.
    async with Browser(updated.url, lambda _: updated.url, lands=False) as browser:
        start = await browser.start()
        callback = await browser.at_webex(start.location)
        answer = asyncio.create_task(browser.get(callback))

        async def is_at_webex() -> bool:
            return await sandbox.calls(EXCHANGE) == 1

        await eventually(is_at_webex)
        both = ("auth_service", "auth_service.2")
        await asyncio.gather(*(asyncio.to_thread(updated.process(n).stop) for n in both))
        finished = await answer
        assert finished.status == 303
        assert await sandbox.calls(EXCHANGE) == 1
        await sandbox.lift_faults()
        for name in both:
            updated.process(name).start()
        await asyncio.to_thread(updated.wait_until_ready)
        landing = finished.location.removeprefix(updated.url)
        assert (await browser.get(landing)).status == 303
        assert (await browser.get("/api/me")).status == 200


async def test_replicas_restarted_one_after_the_other_under_load_fail_no_request(
    updated: Stack,
) -> None:
    async with SteadyLoad(updated.url, pages=40, sign_ins=2) as load:
        for name in ("auth_service", "app_service", "auth_service.2", "app_service.2"):
            await asyncio.to_thread(updated.process(name).stop)
            updated.process(name).start()
            await asyncio.to_thread(updated.wait_for, name)
    assert load.tally.kinds.total() > 0
    assert load.tally.failures == {}


async def test_a_killed_replica_fails_no_page(updated: Stack) -> None:
    async with SteadyLoad(updated.url, pages=40, sign_ins=2) as load:
        updated.process("app_service.2").kill()
        updated.process("app_service.2").start()
        await asyncio.to_thread(updated.wait_for, "app_service.2")
    assert load.tally.failures == {}


@pytest.fixture
def hasty_door() -> Iterator[Stack]:
    """A door whose old workers hang up after a second instead of thirty."""
    with Stack(only=["nginx"]) as running:
        settings = running.folder / "nginx" / "nginx.conf"
        text = settings.read_text()
        settings.write_text(text.replace("shutdown_timeout 30s;", "shutdown_timeout 1s;"))
        running.process("nginx").restart()
        running.wait_for("nginx")
        yield running


@on_linux
async def test_an_open_event_stream_keeps_no_old_worker_of_nginx_for_ever(
    hasty_door: Stack,
) -> None:
    async def stream(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: first\n\n")
        await writer.drain()
        await writer.wait_closed()

    nginx = hasty_door.process("nginx")
    async with PlayedService(hasty_door.ports.app_service[0], stream):
        reader, writer = await asyncio.open_connection(HOST, hasty_door.ports.door)
        writer.write(b"GET /api/space/events HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(20):
            await reader.readuntil(b"data: first\n\n")
            old = set(nginx.children())
            nginx.reload()
            with contextlib.suppress(ConnectionError):
                await reader.read()
        writer.close()

        async def are_gone() -> bool:
            return not old & set(nginx.children())

        await eventually(are_gone)


@on_linux
async def test_a_request_in_flight_finishes_on_the_old_worker_when_nginx_is_reloaded(
    door: Stack,
) -> None:
    going_on = asyncio.Event()

    async def wait(writer: asyncio.StreamWriter) -> None:
        await going_on.wait()
        writer.write(ANSWER)

    nginx = door.process("nginx")
    async with PlayedService(door.ports.app_service[0], wait) as app:
        request = (
            b"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        answer = asyncio.create_task(exchange(door.ports.door, request, seconds=30))

        async def has_arrived() -> bool:
            return len(app.received) == 1

        await eventually(has_arrived)
        old = set(nginx.children())
        nginx.reload()

        async def have_followers() -> bool:
            return bool(set(nginx.children()) - old)

        await eventually(have_followers)
        going_on.set()
        assert statuses(await answer) == [200]

"""What an update of the services costs people: nothing, not even in the middle of a callback."""

import asyncio
from collections.abc import Iterator

import pytest

from bench.steady_load import SteadyLoad
from tests.browser_like import Browser
from tests.eventually import eventually
from tests.sandbox_control import EXCHANGE, SandboxControl
from tests.stack import Stack

WEBEX_SECONDS = 2.0


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
    async with Browser(updated.url, lambda _: updated.url) as browser:
        start = await browser.start()
        callback = await browser.at_webex(start.location)
        answer = asyncio.create_task(browser.get(callback))

        async def is_at_webex() -> bool:
            return await sandbox.calls(EXCHANGE) == 1

        await eventually(is_at_webex)
        both = ("auth_service", "auth_service.2")
        await asyncio.gather(*(asyncio.to_thread(updated.process(n).stop) for n in both))
        assert (await answer).status == 303
        assert await sandbox.calls(EXCHANGE) == 1
        await sandbox.lift_faults()
        for name in both:
            updated.process(name).start()
        await asyncio.to_thread(updated.wait_until_ready)
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

"""The refresh through the real door, with two replicas of each service: raced, killed, refused."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from harness.browser_like import Browser
from harness.eventually import eventually
from harness.sandbox_control import EXCHANGE, REVOKE, SandboxControl
from harness.stack import Stack

REQUESTS = 100
WEBEX_SECONDS = 3.0


@pytest.fixture(scope="module")
def refreshing() -> Iterator[Stack]:
    with Stack(
        auth_services=2, app_services=2, SIGN_IN_RATE="500r/s", SIGN_IN_BURST="500"
    ) as running:
        yield running


@pytest.fixture
async def sandbox(refreshing: Stack) -> AsyncIterator[SandboxControl]:
    """A Webex that rotates refresh tokens: a second refresh with the old one ends the session."""
    control = SandboxControl(refreshing.sandbox_url)
    await control.policy(refresh_mode="rotating")
    yield control
    await control.lift_faults()
    await control.policy(refresh_mode="same")


@pytest.fixture
async def ada(refreshing: Stack, sandbox: SandboxControl) -> AsyncIterator[Browser]:
    """Somebody whose access token has ended."""
    async with Browser(refreshing.url, lambda _: refreshing.url) as browser:
        await browser.sign_in()
        await expire(sandbox)
        yield browser


async def expire(sandbox: SandboxControl) -> None:
    await sandbox.expire_tokens(access=True)
    await sandbox.forget_calls()


async def asked(sandbox: SandboxControl) -> None:
    """Wait until a refresh has reached Webex."""

    async def is_there() -> bool:
        return await sandbox.calls(EXCHANGE) > 0

    await eventually(is_there)


async def statuses(browser: Browser, count: int = REQUESTS) -> Counter[int]:
    answers = await asyncio.gather(*(browser.get("/api/me") for _ in range(count)))
    return Counter(answer.status for answer in answers)


async def test_a_hundred_requests_at_once_cost_one_token_call_and_all_are_answered(
    sandbox: SandboxControl, ada: Browser
) -> None:
    await sandbox.fault(EXCHANGE, delay=WEBEX_SECONDS)
    assert await statuses(ada) == {200: REQUESTS}
    assert await sandbox.calls(EXCHANGE) == 1


async def test_when_the_replica_that_refreshes_is_killed_nobody_is_signed_out_and_another_takes_over(
    refreshing: Stack, sandbox: SandboxControl, ada: Browser
) -> None:
    await sandbox.fault(EXCHANGE, delay=30)
    ada.route = lambda _: refreshing.service_url("app_service", 1)
    first = asyncio.create_task(ada.get("/api/me"))
    await asked(sandbox)
    refreshing.process("auth_service").kill()
    await sandbox.lift_faults()
    # The first replica of app_service has lost its neighbour for now; the second has not.
    assert (await first).status == 503
    ada.route = lambda _: refreshing.service_url("app_service", 2)
    # Nobody can tell a dead holder from one that is cut off with the newest token: its mark is respected.
    assert await statuses(ada) == {503: REQUESTS}
    assert await sandbox.calls(EXCHANGE) == 1
    async with Redis.from_url(refreshing.redis) as redis:
        # As if its time had passed.
        for key in [key async for key in redis.scan_iter("lease:asking:*")]:
            await redis.delete(key)

    async def taken_over() -> bool:
        return (await ada.get("/api/me")).status == 200

    await eventually(taken_over)
    assert await statuses(ada) == {200: REQUESTS}
    assert await sandbox.calls(EXCHANGE) == 2
    refreshing.process("auth_service").start()
    await asyncio.to_thread(refreshing.wait_for, "auth_service")
    ada.route = lambda _: refreshing.url
    assert await statuses(ada, 10) == {200: 10}


async def test_a_sign_out_in_the_middle_of_a_refresh_wins_and_the_new_tokens_are_revoked(
    refreshing: Stack, sandbox: SandboxControl, ada: Browser
) -> None:
    await sandbox.fault(EXCHANGE, delay=1, after_handling=True)
    cookies = dict(ada.cookies)
    under_way = asyncio.create_task(statuses(ada, 10))
    await asked(sandbox)
    assert (await ada.post("/logout")).status == 303
    assert await under_way == {401: 10}
    assert await sandbox.calls(REVOKE) == 4
    ada.cookies = cookies
    assert await statuses(ada, 6) == {401: 6}
    async with Redis.from_url(refreshing.redis) as redis:
        left = [key async for key in redis.scan_iter("lease:*")]
        assert [key for key in left if not key.startswith(b"lease:born:")] == []


async def test_a_grant_that_is_over_ends_the_session_once(
    sandbox: SandboxControl, ada: Browser
) -> None:
    await sandbox.policy(refresh_mode="expired")
    assert await statuses(ada, 20) == {401: 20}
    assert await sandbox.calls(EXCHANGE) == 1


@pytest.mark.parametrize(
    "fault",
    [{"status": 401}, {"status": 500}, {"status": 429, "headers": {"Retry-After": "soon"}}],
    ids=["wrong-secret", "outage", "busy"],
)
async def test_trouble_that_is_not_the_grants_signs_nobody_out(
    refreshing: Stack, sandbox: SandboxControl, fault: dict[str, object]
) -> None:
    async with AsyncExitStack() as opened:
        people = [
            await opened.enter_async_context(Browser(refreshing.url, lambda _: refreshing.url))
            for _ in range(3)
        ]
        for person in people:
            await person.sign_in()
        await expire(sandbox)
        await sandbox.fault(EXCHANGE, **fault)
        for person in people:
            answers = [await person.get("/api/me") for _ in range(6)]
            assert {answer.status for answer in answers} == {503}
            assert not any(answer.cookies for answer in answers)
        # Spaced out, for each session by itself.
        assert await sandbox.calls(EXCHANGE) == len(people)
        await sandbox.lift_faults()
        async with Redis.from_url(refreshing.redis) as redis:
            # As if the time to wait had passed.
            for key in [key async for key in redis.scan_iter("pause:*")]:
                await redis.delete(key)
        for person in people:
            assert (await person.get("/api/me")).status == 200

"""The same main job in containers, alone on 8080 and scaled on 9090."""

import asyncio
import re
from collections import Counter
from typing import Any

from harness.browser_like import Browser
from harness.eventually import eventually
from harness.sandbox_control import SandboxControl
from tests.system.compose.project import Project, project

GREETING = "So happy to meet, Ada Lovelace !"
SANDBOX = SandboxControl("http://localhost:8090")


async def test_two_auth_and_three_app_services_are_one_site(browser: Browser) -> None:
    await browser.sign_in()
    assert (await browser.visit("/")).page.heading == GREETING
    assert {(await browser.get("/api/me")).status for _ in range(60)} == {200}


async def test_every_replica_gets_its_share(scaled: Project, browser: Browser) -> None:
    for _ in range(60):
        assert (await browser.get("/")).status == 200
        assert (await browser.get("/login")).status == 302
    shares = Counter(re.findall(r"^(\w+-\d) .*\"event\":\"request\"", scaled.logs(), re.MULTILINE))
    for replica in ("app_service-1", "app_service-2", "app_service-3"):
        assert shares[replica] >= 10, shares
    for replica in ("auth_service-1", "auth_service-2"):
        assert shares[replica] >= 20, shares


async def test_replicas_that_come_and_go_cost_no_request(scaled: Project, browser: Browser) -> None:
    """Under load: new replicas are asked before they listen, old ones after their address is gone."""
    await browser.sign_in()
    for count in (1, 4, 3):
        command = ("up", "--detach", "--no-recreate", "--scale", f"app_service={count}")
        change = asyncio.create_task(
            asyncio.to_thread(scaled.compose, *command, "--scale", "auth_service=2")
        )
        statuses = await statuses_until(change, browser)
        assert change.result().returncode == 0, change.result().stdout
        assert not statuses & {502, 504}, statuses


async def statuses_until(change: asyncio.Task[Any], browser: Browser) -> set[int]:
    """Ask all the time, and a while longer: the last addresses go after the containers."""
    statuses = set()
    later = None
    while later is None or asyncio.get_running_loop().time() < later:
        statuses.add((await browser.get("/api/me")).status)
        if change.done() and later is None:
            later = asyncio.get_running_loop().time() + 3
    return statuses


async def test_sessions_outlive_a_restart_of_redis(scaled: Project, browser: Browser) -> None:
    await browser.sign_in()
    assert scaled.compose("restart", "redis").returncode == 0

    async def is_back() -> bool:
        return (await browser.get("/api/me")).status == 200

    await eventually(is_back)


async def test_a_service_that_is_down_has_a_page_and_comes_back(
    scaled: Project, browser: Browser
) -> None:
    await browser.sign_in()
    scaled.compose("stop", "app_service")
    answer = await browser.get("/")
    assert (answer.status, answer.page.heading) == (502, "A part of this site is down")
    scaled.compose("start", "app_service")

    async def is_back() -> bool:
        return (await browser.get("/")).page.heading == GREETING

    await eventually(is_back)


async def test_no_log_of_a_container_holds_what_is_confidential(
    scaled: Project, browser: Browser
) -> None:
    await browser.sign_in()
    ticket = browser.session_cookie
    await browser.post("/logout")
    confidential = [each for values in (await SANDBOX.confidential()).values() for each in values]
    logs = scaled.logs()
    assert len(confidential) > 5
    assert [each for each in [*confidential, ticket or "-"] if each in logs] == []
    assert "ada@example.com" not in logs


async def test_without_any_setting_it_answers_on_8080(scaled: Project) -> None:
    # One sandbox port, one sandbox: the scaled project makes room.
    scaled.compose("stop", "webex_sandbox")
    try:
        with project() as plain:
            plain.up("--build")
            async with Browser(plain.url, lambda _: plain.url) as browser:
                await browser.sign_in()
                assert (await browser.visit("/")).page.heading == GREETING
    finally:
        scaled.compose("start", "webex_sandbox")

"""A sign-in while something else goes on: a rollout, a reload, a Webex that hangs elsewhere."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from auth_service.oauth.flow import Client
from auth_service.oauth.webex import WebexOAuth
from auth_service.sign_in import unconfirmed
from common.settings.webex import WebexAddresses
from common.webex.connector import CONNECTIONS
from common.webex.http import open_webex_http
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.sandbox_control import EXCHANGE, REVOKE
from harness.site import Site
from tests.conftest import MakeSite
from tests.failure_answers import failure_page
from tests.rollout import Rollout


async def test_a_replica_that_does_not_know_the_new_key_yet_leaves_other_tabs_alone(
    make_site: MakeSite,
) -> None:
    rollout = await Rollout.begin(make_site)
    browser = await rollout.updated.browser()
    callback = await browser.at_webex((await browser.start()).location)
    browser.route = rollout.not_yet.route
    await browser.start()
    browser.route = rollout.updated.route
    assert (await browser.get(callback)).status == 303


async def test_the_way_on_from_a_replica_that_cannot_finish_a_sign_in_is_no_dead_end(
    make_site: MakeSite,
) -> None:
    rollout = await Rollout.begin(make_site)
    browser = await rollout.updated.browser()
    callback = await browser.at_webex((await browser.start()).location)
    browser.route = rollout.not_yet.route
    _, address = failure_page(await browser.get(callback), 503, "This page is being updated").way_on
    browser.route = rollout.updated.route
    target = URL(browser.public_url + callback, encoded=True).join(URL(address, encoded=True))
    answer = await browser.get(target.raw_path_qs)
    assert answer.status in (302, 303), answer.page.text


async def test_who_goes_away_before_the_session_comes_leaves_none(
    site: Site, browser: Browser, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unconfirmed, "CONFIRM_SECONDS", 0.1)
    callback = await browser.at_webex((await browser.start()).location)
    await site.sandbox.fault(EXCHANGE, delay=0.3)
    port = int(site.auth_urls[0].rpartition(":")[2])
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {callback} HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n\r\n".encode())
    await writer.drain()

    async def asked() -> bool:
        return await site.sandbox.calls(EXCHANGE) > 0

    await eventually(asked)
    writer.close()
    await writer.wait_closed()

    async def revoked() -> bool:
        return await site.sandbox.calls(REVOKE) == 2

    await eventually(revoked)
    assert redis_server.keys("session:*") == []
    assert redis_server.keys("person:*") == []


async def test_a_revocation_endpoint_that_hangs_keeps_nobody_from_signing_in() -> None:
    async def hang(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def issue(_: web.Request) -> web.Response:
        return web.json_response({"access_token": "a"})

    async with AsyncExitStack() as stack:
        hanging, issuing = web.Application(), web.Application()
        hanging.router.add_post("/revoke", hang)
        issuing.router.add_post("/access_token", issue)
        revoke = await stack.enter_async_context(TestServer(hanging))
        api = await stack.enter_async_context(TestServer(issuing))
        addresses = WebexAddresses(
            client_id="id",
            authorize_url="",
            api_url=str(api.make_url("")).rstrip("/"),
            revoke_url=str(revoke.make_url("/revoke")),
            sandbox=False,
        )
        session, http = open_webex_http(timeout_seconds=2)
        webex = WebexOAuth(http, addresses, Client("id", "insecure-secret", ""))
        tokens = {"a": "access_token", "r": "refresh_token"}
        revoking = [asyncio.create_task(webex.revoke(tokens)) for _ in range(CONNECTIONS)]
        await asyncio.sleep(0)
        granted = await webex.exchange(code="c", verifier="v", asked=())
        assert granted.tokens.access_token == "a"
        # It did not have to wait until one of them gave up.
        assert not any(each.done() for each in revoking)
        assert await asyncio.gather(*revoking) == [False] * CONNECTIONS
        await session.close()

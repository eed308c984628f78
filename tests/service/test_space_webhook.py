"""Webhooks: believed with Webex's signature only, heard once, and told to every replica."""

import asyncio
import hmac
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from app_service.app import create_app
from app_service.live import feed as live
from app_service.live import webhook_keeper
from app_service.live.webhook import Webhook
from app_service.settings import Settings
from common.sessions.sealing import Sealer
from harness.browser_like import Answer
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.site import SESSION_KEY, Site
from tests.conftest import MakeSite
from tests.member import Member
from webex_sandbox.space.demo import DEMO_SPACE_ID

LIST = "GET /v1/messages"
MAKE = "POST /v1/webhooks"
REMOVE = "DELETE /v1/webhooks/{webhook_id}"
PATH = "/api/webhook"
NOTICE = {
    "resource": "messages",
    "event": "created",
    "data": {"id": "a message", "roomId": DEMO_SPACE_ID},
}


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SHORTEST_SECONDS", 0.05)
    monkeypatch.setattr(webhook_keeper, "ROUND_SECONDS", 0.1)


@pytest.fixture
def _never_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody polls unless told."""
    for name in ("QUIET_SECONDS", "TALKING_SECONDS", "TOLD_SECONDS"):
        monkeypatch.setattr(live, name, 3600)


def signature(raw: bytes, key: str = SESSION_KEY) -> str:
    hook = Webhook(None, Sealer([key]), None, DEMO_SPACE_ID)  # type: ignore[arg-type]
    return hmac.new(hook.secret.encode(), raw, "sha1").hexdigest()


async def call(site: Site, raw: bytes, signed: str | None) -> Answer:
    headers = {"X_Spark_Signature": signed} if signed is not None else {}
    return await (await site.browser()).send("POST", PATH, headers=headers, data=raw)


@pytest.mark.parametrize(
    "signed",
    [
        None,
        "",
        "0" * 40,
        "é" * 40,
        signature(b"another body"),
        signature(json.dumps(NOTICE).encode(), "another key, just as long as it should be"),
        signature(json.dumps(NOTICE).encode()).upper(),
    ],
)
async def test_a_call_without_webexs_signature_is_not_believed(
    make_site: MakeSite, signed: str | None
) -> None:
    site = await make_site(WEBHOOKS="on")
    answer = await call(site, json.dumps(NOTICE).encode(), signed)
    assert (answer.status, answer.json()["code"]) == (401, "webhook_not_signed")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b'{"resource": "messages", "event": "created", "data": null}',
        json.dumps(NOTICE | {"resource": "memberships"}).encode(),
        json.dumps(NOTICE | {"data": {"id": "x", "roomId": "another"}}).encode(),
        # Half a surrogate pair: JSON can spell it, and nothing can encode it.
        json.dumps(NOTICE | {"data": {"id": "\ud800", "roomId": DEMO_SPACE_ID}}).encode(),
        json.dumps(NOTICE | {"data": {"id": "x", "roomId": "\udfff"}}).encode(),
    ],
)
async def test_a_signed_call_about_something_else_does_no_harm(
    make_site: MakeSite, body: bytes
) -> None:
    site = await make_site(WEBHOOKS="on")
    assert (await call(site, body, signature(body))).status == 204


async def test_without_webhooks_nothing_answers_there(site: Site) -> None:
    raw = json.dumps(NOTICE).encode()
    assert (await call(site, raw, signature(raw))).status == 404


@pytest.mark.usefixtures("_never_by_itself")
async def test_a_repeated_call_makes_nobody_ask_webex_again(make_site: MakeSite) -> None:
    site = await make_site(WEBHOOKS="on")
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        raw = json.dumps(NOTICE).encode()
        before = await site.sandbox.calls(LIST)
        for _ in range(5):
            assert (await call(site, raw, signature(raw))).status == 204

        async def asked() -> bool:
            return await site.sandbox.calls(LIST) > before

        await eventually(asked)
        await asyncio.sleep(0.5)
        assert await site.sandbox.calls(LIST) == before + 1


@asynccontextmanager
async def reachable_site(make_site: MakeSite) -> AsyncIterator[Site]:
    """Two replicas behind an address at which Webex reaches them."""
    replicas: list[str] = []

    async def pass_on(request: web.Request) -> web.Response:
        replicas.append(replicas.pop(0))
        names = ("X-Spark-Signature", "Content-Type")
        headers = {name: request.headers[name] for name in names}
        async with (
            aiohttp.ClientSession() as http,
            http.post(replicas[0] + PATH, data=await request.read(), headers=headers) as answer,
        ):
            return web.Response(status=answer.status)

    app = web.Application()
    app.router.add_post(PATH, pass_on)
    runner = web.AppRunner(app)
    await runner.setup()
    sock = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, sock).start()
    public_url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    site = await make_site(WEBHOOKS="on", replicas=2, PUBLIC_URL=public_url)
    replicas.extend(site.app_urls)
    try:
        yield site
    finally:
        await runner.cleanup()
        sock.close()


@pytest.mark.usefixtures("_never_by_itself")
async def test_what_webex_tells_one_replica_appears_at_all_of_them(make_site: MakeSite) -> None:
    async with reachable_site(make_site) as site:
        ada = await Member.enter(site)
        async with ada.watching(replica=0) as first, ada.watching(replica=1) as second:
            for stream in (first, second):
                await stream.next("window")
            await eventually(lambda: _webhooks_made(site))
            message_id = await site.sandbox.say("Told by Webex")
            for stream in (first, second):
                assert (await stream.saying("Told by Webex")).data["id"] == message_id


async def _webhooks_made(site: Site) -> bool:
    return await site.sandbox.calls(MAKE) >= 3


@pytest.mark.usefixtures("_never_by_itself")
async def test_one_replica_makes_the_webhooks_and_takes_them_away_again(
    make_site: MakeSite,
) -> None:
    async with reachable_site(make_site) as site:
        ada = await Member.enter(site)
        async with ada.watching(replica=0) as first, ada.watching(replica=1) as second:
            for stream in (first, second):
                await stream.next("window")
            await eventually(lambda: _webhooks_made(site))
            await asyncio.sleep(0.5)
            assert await site.sandbox.calls(MAKE) == 3

        async def removed() -> bool:
            await site.sandbox.say("so that a write finds the stream closed")
            return await site.sandbox.calls(REMOVE) == 3

        await eventually(removed)


@pytest.mark.usefixtures("_never_by_itself")
async def test_a_replica_that_lost_its_lease_leaves_it_to_the_next(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    site = await make_site(WEBHOOKS="on")
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        await eventually(lambda: _webhooks_made(site))
        redis_server.client.set(webhook_keeper.LEASE_KEY, b"another replica", ex=60)

        async def removed() -> bool:
            return await site.sandbox.calls(REMOVE) == 3

        await eventually(removed)
        await asyncio.sleep(0.3)
        assert redis_server.client.get(webhook_keeper.LEASE_KEY) == b"another replica"


@pytest.mark.usefixtures("_never_by_itself")
async def test_a_replica_that_makes_its_webhooks_anew_does_not_let_another_one_in_between(
    make_site: MakeSite, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_keeper, "MADE_LASTS_SECONDS", 0.2)
    site = await make_site(WEBHOOKS="on", replicas=2)
    ada = await Member.enter(site)
    holders = set()
    async with ada.watching(replica=0) as first, ada.watching(replica=1) as second:
        for stream in (first, second):
            await stream.next("window")
        await eventually(lambda: _webhooks_made(site))

        async def made_often() -> bool:
            holders.add(redis_server.client.get(webhook_keeper.LEASE_KEY))
            return await site.sandbox.calls(MAKE) >= 18

        await eventually(made_often)
    assert len(holders) == 1


@pytest.mark.usefixtures("_never_by_itself")
async def test_a_replica_that_stops_leaves_no_webhook_behind(make_site: MakeSite) -> None:
    site = await make_site(WEBHOOKS="on")
    ada = await Member.enter(site)
    async with another_replica(site) as number, ada.watching(replica=number) as stream:
        await stream.next("window")
        await eventually(lambda: _webhooks_made(site))
    assert await site.sandbox.calls(REMOVE) == 3


@asynccontextmanager
async def another_replica(site: Site) -> AsyncIterator[int]:
    """One more app service, which stops with the block."""
    environment = {"REDIS_USERNAME": "app_service", "AUTH_URL": site.auth_urls[0]}
    settings = Settings.read({**environment, **site.environment})
    running = web.AppRunner(create_app(settings))
    await running.setup()
    sock = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(running, sock).start()
    site.app_urls.append(f"http://127.0.0.1:{sock.getsockname()[1]}")
    yield len(site.app_urls) - 1
    await running.cleanup()
    sock.close()


@pytest.mark.usefixtures("_never_by_itself")
async def test_webhooks_that_webex_wants_later_are_not_asked_for_before(
    make_site: MakeSite,
) -> None:
    site = await make_site(WEBHOOKS="on")
    await site.sandbox.fault(MAKE, status=429, headers={"Retry-After": "2"})
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")

        async def refused() -> bool:
            return await site.sandbox.calls(MAKE) == 1

        await eventually(refused)
        await site.sandbox.lift_faults()
        lifted = asyncio.get_running_loop().time()
        await eventually(lambda: _webhooks_made(site))
        # A round takes a tenth of a second here.
        assert asyncio.get_running_loop().time() - lifted > 1

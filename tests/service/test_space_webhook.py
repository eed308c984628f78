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
from app_service.live.registrations import NAME, PURPOSE, Registration
from app_service.news import names_of
from app_service.settings import Settings
from app_service.space.place import place_of
from app_service.webex import Body, Webex
from common.sessions.keys import registration_key, webhook_keeper_key
from common.sessions.sealing import Sealer
from harness.browser_like import Answer
from harness.eventually import eventually
from harness.redis_server import RedisServer
from harness.site import SESSION_KEY, Site
from tests.conftest import MakeSite
from tests.member import WIDGET_SCOPES, Member
from webex_sandbox.ids import stable_uuid, webex_id
from webex_sandbox.space.demo import DEMO_SPACE_ID

LIST = "GET /v1/messages"
MAKE = "POST /v1/webhooks"
REMOVE = "DELETE /v1/webhooks/{webhook_id}"
PATH = "/api/webhook"
# Messages created, updated, deleted; the space moved.
WEBHOOKS = 4
NOTICE = {
    "id": "hook",
    "name": f"{NAME} label",
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


KEEPER_KEY = webhook_keeper_key(names_of(Sealer([SESSION_KEY]), DEMO_SPACE_ID)[0])
SECRET = "a-secret-of-one-webhook"
OTHER_SECRET = "a-secret-of-another"
# Everybody who has looked at their list is in it.
ELSEWHERE = webex_id("ROOM", stable_uuid("demo room 0"))


def signature(raw: bytes, secret: str = SECRET, name: str = "sha1") -> str:
    return hmac.new(secret.encode(), raw, name).hexdigest()


def newer(raw: bytes, *names: str, secret: str = SECRET) -> str:
    return ", ".join(f"{name}={signature(raw, secret, name)}" for name in names)


@pytest.fixture
def registered(redis_server: RedisServer) -> Registration:
    """A webhook of ours that Webex calls `hook`, and another one."""
    for label, secret, webhook_id in (
        ("label", SECRET, "hook"),
        ("other", OTHER_SECRET, "hook2"),
    ):
        key = registration_key(label)
        plain = f"{secret} {webhook_id} {DEMO_SPACE_ID}".encode()
        sealed = Sealer([SESSION_KEY]).seal(plain, purpose=PURPOSE, place=key)
        redis_server.client.set(key, sealed)
    return Registration("label", SECRET, DEMO_SPACE_ID, "hook")


async def call(site: Site, raw: bytes, signed: str | None, **headers: str) -> Answer:
    if signed is not None:
        headers["X_Spark_Signature"] = signed
    return await (await site.browser()).send("POST", PATH, headers=headers, data=raw)


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    "signed",
    [
        None,
        "",
        "0" * 40,
        "é" * 40,
        signature(b"another body"),
        signature(json.dumps(NOTICE).encode(), OTHER_SECRET),
        signature(json.dumps(NOTICE).encode()).upper(),
    ],
)
async def test_a_call_without_webexs_signature_is_not_believed(
    make_site: MakeSite, signed: str | None
) -> None:
    site = await make_site(WEBHOOKS="on")
    answer = await call(site, json.dumps(NOTICE).encode(), signed)
    assert (answer.status, answer.json()["code"]) == (401, "webhook_not_signed")


RAW = json.dumps(NOTICE).encode()


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (signature(RAW), newer(RAW, "sha256", "sha512"), 204),
        (None, newer(RAW, "sha256", "sha512"), 204),
        (None, newer(RAW, "sha256"), 204),
        (None, newer(RAW, "sha512"), 204),
        (signature(RAW), "sha384=unheard-of", 204),
        ("0" * 40, newer(RAW, "sha256"), 204),
        (signature(RAW), newer(RAW, "sha256", secret=OTHER_SECRET), 401),
        (signature(RAW), f"sha512={'0' * 128}, {newer(RAW, 'sha256')}", 401),
        (signature(RAW), "sha256=short", 401),
        (signature(RAW), f"{newer(RAW, 'sha256')}, sha256={'0' * 64}", 401),
        (None, "sha384=unheard-of", 401),
    ],
)
async def test_the_strongest_signature_that_is_there_decides(
    make_site: MakeSite, old: str | None, new: str, status: int
) -> None:
    site = await make_site(WEBHOOKS="on")
    assert (await call(site, RAW, old, X_Webex_Signature=new)).status == status


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("changed", "secret"),
    [
        ({"id": "hook2"}, SECRET),
        ({"id": "hook2"}, OTHER_SECRET),
        ({"id": None}, SECRET),
        ({"id": []}, SECRET),
        ({"name": f"{NAME} other"}, SECRET),
        ({"name": f"{NAME} other"}, OTHER_SECRET),
        ({"name": NAME}, SECRET),
        ({"name": f"{NAME} nobody"}, SECRET),
        ({"name": ["label"]}, SECRET),
    ],
)
async def test_a_secret_is_good_for_its_own_webhook_only(
    make_site: MakeSite, changed: dict[str, object], secret: str
) -> None:
    site = await make_site(WEBHOOKS="on")
    raw = json.dumps(NOTICE | changed).encode()
    assert (await call(site, raw, signature(raw, secret))).status == 401


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"[" * 5000, b'{"name": "\\ud800"}'])
async def test_what_is_no_call_is_not_believed(make_site: MakeSite, body: bytes) -> None:
    site = await make_site(WEBHOOKS="on")
    assert (await call(site, body, signature(body))).status == 401


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    "body",
    [
        json.dumps(NOTICE | {"data": None}).encode(),
        json.dumps(NOTICE | {"event": "imagined"}).encode(),
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


@pytest.mark.usefixtures("_never_by_itself", "registered")
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
        names = ("X-Spark-Signature", "X-Webex-Signature", "Content-Type")
        headers = {name: request.headers[name] for name in names if name in request.headers}
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


@pytest.mark.usefixtures("_never_by_itself")
@pytest.mark.parametrize("header", ["X-Spark-Signature", "X-Webex-Signature"])
async def test_webex_may_sign_in_either_way(make_site: MakeSite, header: str) -> None:
    async with reachable_site(make_site) as site:
        await site.sandbox.deliveries(signatures=[header])
        ada = await Member.enter(site)
        async with ada.watching() as stream:
            await stream.next("window")
            await eventually(lambda: _webhooks_made(site))
            message_id = await site.sandbox.say("Signed")
            assert (await stream.saying("Signed")).data["id"] == message_id


@pytest.mark.usefixtures("_never_by_itself")
async def test_a_secret_ends_with_its_webhook(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    site = await make_site(WEBHOOKS="on")
    ada = await Member.enter(site)
    async with another_replica(site) as number, ada.watching(replica=number) as stream:
        await stream.next("window")
        await eventually(lambda: _webhooks_made(site))
        kept = redis_server.keys("cache:webhook-secret:*")
        assert len(kept) == WEBHOOKS
        values = {redis_server.client.get(key) for key in kept}
        assert len(values) == WEBHOOKS
    assert redis_server.keys("cache:webhook-secret:*") == []


async def _webhooks_made(site: Site) -> bool:
    return await site.sandbox.calls(MAKE) >= WEBHOOKS


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
            assert await site.sandbox.calls(MAKE) == WEBHOOKS

        async def removed() -> bool:
            await site.sandbox.say("so that a write finds the stream closed")
            return await site.sandbox.calls(REMOVE) == WEBHOOKS

        await eventually(removed)


@pytest.mark.usefixtures("_never_by_itself")
async def test_webhooks_stay_while_whoever_made_them_looks_though_their_stream_is_another(
    make_site: MakeSite,
) -> None:
    """The stream of a bound session ends every few minutes: whoever comes back is the last of all."""
    site = await make_site(WEBHOOKS="on", STREAMS_PER_PERSON="1")
    ada, grace = await Member.enter(site), await Member.enter(site, "grace@example.com")
    async with ada.watching() as first:
        await eventually(lambda: _webhooks_made(site))
        async with grace.watching() as others, ada.watching() as second:
            assert (await first.next("ended")).data == {"reason": "too_many"}
            for stream in (others, second):
                await stream.next("window")
            await asyncio.sleep(0.5)
            assert await site.sandbox.calls(MAKE) == WEBHOOKS


@pytest.mark.usefixtures("_never_by_itself")
async def test_a_replica_that_lost_its_lease_leaves_it_to_the_next(
    make_site: MakeSite, redis_server: RedisServer
) -> None:
    site = await make_site(WEBHOOKS="on")
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        await eventually(lambda: _webhooks_made(site))
        redis_server.client.set(KEEPER_KEY, b"another replica", ex=60)

        async def removed() -> bool:
            return await site.sandbox.calls(REMOVE) == WEBHOOKS

        await eventually(removed)
        await asyncio.sleep(0.3)
        assert redis_server.client.get(KEEPER_KEY) == b"another replica"


@pytest.mark.usefixtures("_never_by_itself")
async def test_a_replica_that_read_longer_than_its_lease_lasts_leaves_the_next_ones_webhooks(
    make_site: MakeSite, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten pages may take ten seconds each, and the lease is for a minute."""
    site = await make_site(WEBHOOKS="on")
    ada = await Member.enter(site)
    rounds = [0]
    a_round = webhook_keeper.WebhookKeeper._round  # noqa: SLF001

    async def counted(keeper: webhook_keeper.WebhookKeeper) -> None:
        await a_round(keeper)
        rounds[0] += 1

    async def read_for_long(webex: Webex, token: str, _: object, **__: int) -> list[Body]:
        redis_server.client.set(KEEPER_KEY, b"another replica", ex=60)
        await webex.create_webhook(
            token,
            {
                "name": f"{NAME} next",
                "targetUrl": f"{site.environment['PUBLIC_URL']}{PATH}",
                "resource": "messages",
                "event": "created",
                "filter": f"roomId={DEMO_SPACE_ID}",
            },
        )
        return (await webex.webhooks(token)).items

    monkeypatch.setattr(webhook_keeper.WebhookKeeper, "_round", counted)
    monkeypatch.setattr(Webex, "items_from", read_for_long)
    async with ada.watching() as stream:
        await stream.next("window")

        async def made_by_the_next() -> bool:
            return await site.sandbox.calls(MAKE) > 0

        await eventually(made_by_the_next)
        before = rounds[0]

        async def went_on() -> bool:
            return rounds[0] > before + 1

        await eventually(went_on)
        assert await site.sandbox.calls(REMOVE) == 0
        assert await site.sandbox.calls(MAKE) == 1


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
            holders.add(redis_server.client.get(KEEPER_KEY))
            return await site.sandbox.calls(MAKE) >= 6 * WEBHOOKS

        await eventually(made_often)
    assert len(holders) == 1


@pytest.mark.usefixtures("_never_by_itself")
async def test_a_replica_that_stops_leaves_no_webhook_behind(make_site: MakeSite) -> None:
    site = await make_site(WEBHOOKS="on")
    ada = await Member.enter(site)
    async with another_replica(site) as number, ada.watching(replica=number) as stream:
        await stream.next("window")
        await eventually(lambda: _webhooks_made(site))
    assert await site.sandbox.calls(REMOVE) == WEBHOOKS


async def test_what_a_killed_replica_left_is_found_among_hundreds_of_other_webhooks(
    make_site: MakeSite,
) -> None:
    """A person may look at many spaces; Webex gives a hundred webhooks at a time."""
    site = await make_site(WEBHOOKS="on")
    ada = await Member.enter(site)
    token = (await site.sandbox.new_tokens(scopes=WIDGET_SCOPES.split()))["access_token"]
    common = {
        "targetUrl": f"{site.environment['PUBLIC_URL']}{PATH}",
        "resource": "messages",
        "event": "created",
    }
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as webex:

        async def make(label: str, room_id: str) -> str:
            fields = {"name": f"{NAME} {label}", "filter": f"roomId={room_id}", **common}
            async with webex.post(f"{site.sandbox.url}/v1/webhooks", json=fields) as answer:
                assert answer.status == 200
                return str((await answer.json())["id"])

        others = {await make(f"other-{number}", ELSEWHERE) for number in range(100)}
        left_over = await make("left-over", DEMO_SPACE_ID)
        async with ada.watching() as stream:
            await stream.next("window")
            await eventually(lambda: site.sandbox.calls(REMOVE))
            async with webex.get(
                f"{site.sandbox.url}/v1/webhooks", params={"max": "1000"}
            ) as answer:
                there = {hook["id"] for hook in (await answer.json())["items"]}
    assert left_over not in there
    assert others <= there


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
    ada = await Member.enter(site)
    began = asyncio.get_running_loop().time()
    await site.sandbox.fault(MAKE, status=429, headers={"Retry-After": "2"})
    async with ada.watching() as stream:
        await stream.next("window")

        async def refused() -> bool:
            return await site.sandbox.calls(MAKE) == 1

        await eventually(refused)
        await site.sandbox.lift_faults()
        await eventually(lambda: _webhooks_made(site))
        # A round takes a tenth of a second here.
        assert asyncio.get_running_loop().time() - began >= 2


@pytest.mark.usefixtures("_never_by_itself")
async def test_viewers_of_a_space_that_webex_moved_are_told_at_every_replica(
    make_site: MakeSite,
) -> None:
    async with reachable_site(make_site) as site:
        ada = await Member.enter(site)
        async with ada.watching(replica=0) as first, ada.watching(replica=1) as second:
            for stream in (first, second):
                await stream.next("window")
            await eventually(lambda: _webhooks_made(site))
            await site.sandbox.room(is_migrated=True)
            for stream in (first, second):
                assert (await stream.next("ended")).data == {"reason": "moved"}


def migrated(**data: object) -> bytes:
    return json.dumps({**NOTICE, "resource": "rooms", "event": "migrated", "data": data}).encode()


@pytest.mark.usefixtures("registered", "_never_by_itself")
@pytest.mark.parametrize(("own", "new"), [("id", "roomId"), ("formerId", "id")])
async def test_viewers_are_led_where_a_call_says_and_webex_shows_the_space(
    make_site: MakeSite, own: str, new: str
) -> None:
    site = await make_site(WEBHOOKS="on")
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        moved = await site.sandbox.room(is_migrated=True)
        raw = migrated(**{own: DEMO_SPACE_ID, new: moved["id"], "odd": None})
        assert (await call(site, raw, signature(raw))).status == 204
        ended = (await stream.next("ended")).data
        assert ended == {"reason": "moved", "to": place_of(moved["id"]).page}
    assert (await ada.at(moved["id"]).browser.get(ended["to"])).status == 200


@pytest.mark.usefixtures("registered", "_never_by_itself")
@pytest.mark.parametrize(
    "data",
    [
        {"id": DEMO_SPACE_ID},
        {"id": DEMO_SPACE_ID, "roomId": "another"},
        {"id": "another"},
        {"id": ["another"], "formerId": DEMO_SPACE_ID},
        {"formerId": DEMO_SPACE_ID, "id": "\ud800"},
        {},
    ],
)
async def test_a_space_that_is_where_it_was_stays_open_whatever_a_call_says(
    make_site: MakeSite, data: dict[str, object]
) -> None:
    site = await make_site(WEBHOOKS="on")
    ada = await Member.enter(site)
    async with ada.watching() as stream:
        await stream.next("window")
        raw = migrated(**data)
        assert (await call(site, raw, signature(raw))).status == 204
        assert (await ada.write("Still here")).status == 200
        await stream.saying("Still here")


@pytest.mark.usefixtures("_never_by_itself")
async def test_messages_are_told_of_where_webex_takes_no_webhook_for_rooms(
    make_site: MakeSite,
) -> None:
    async with reachable_site(make_site) as site:
        await site.sandbox.fault(MAKE, skip=WEBHOOKS - 1, status=400)
        ada = await Member.enter(site)
        async with ada.watching() as stream:
            await stream.next("window")
            await eventually(lambda: _webhooks_made(site))
            await site.sandbox.say("Told by Webex")
            await stream.saying("Told by Webex")


@pytest.mark.usefixtures("_never_by_itself")
async def test_a_webhook_for_rooms_that_webex_cannot_make_now_is_made_later_and_no_other_anew(
    make_site: MakeSite,
) -> None:
    async with reachable_site(make_site) as site:
        what = {"status": 503, "headers": {"Retry-After": "1"}, "times": 1}
        await site.sandbox.fault(MAKE, skip=WEBHOOKS - 1, **what)
        ada = await Member.enter(site)
        async with ada.watching() as stream:
            await stream.next("window")

            async def made_later() -> bool:
                return await site.sandbox.calls(MAKE) == WEBHOOKS + 1

            await eventually(made_later)
            await site.sandbox.room(is_migrated=True)
            assert (await stream.next("ended")).data == {"reason": "moved"}
            assert await site.sandbox.calls(MAKE) == WEBHOOKS + 1


@pytest.mark.usefixtures("registered", "_never_by_itself")
async def test_nobody_who_leaves_can_take_the_viewers_of_a_space_along(make_site: MakeSite) -> None:
    """Whoever made a webhook may know its secret, and be the one whose token reads."""
    site = await make_site(WEBHOOKS="on")
    ada, grace = await Member.enter(site), await Member.enter(site, "grace@example.com")
    assert (await ada.browser.get("/spaces")).status == 200
    async with ada.watching() as first, grace.watching() as stream:
        for each in (first, stream):
            await each.next("window")
        await site.sandbox.membership("ada@example.com", is_member=False)
        raw = migrated(id=DEMO_SPACE_ID, roomId=ELSEWHERE)
        assert (await call(site, raw, signature(raw))).status == 204
        assert (await grace.write("Still here")).status == 200
        await stream.saying("Still here")

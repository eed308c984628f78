"""Webhooks: registered, signed, filtered, repeated, and tried again."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.service.openapi import assert_valid
from tests.service.sandbox import Sandbox, assert_webex_error, running_sandbox
from webex_sandbox.space import deliveries
from webex_sandbox.space.bot import BOT, DEMO_BOT_TOKEN
from webex_sandbox.space.demo import DEMO_SPACE_ID

SECRET = "insecure webhook secret ä"


@dataclass
class Receiver:
    """Takes deliveries; answers with the next of `statuses`, and 200 when there is none."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    arrived: asyncio.Queue[tuple[Mapping[str, str], bytes]] = field(default_factory=asyncio.Queue)

    async def take(self, request: web.Request) -> web.Response:
        self.arrived.put_nowait((request.headers, await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def next(self) -> dict[str, Any]:
        _, body = await self.arrived.get()
        payload: dict[str, Any] = json.loads(body)
        return payload


@pytest.fixture
async def sandbox(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    monkeypatch.setattr(deliveries, "RETRY_AFTER_SECONDS", (0, 0, 0))
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/hook"))
        yield receiver


async def _register(
    sandbox: Sandbox, receiver: Receiver, token: str, **changed: Any
) -> dict[str, Any]:
    body = {
        "name": "test",
        "targetUrl": receiver.url,
        "resource": "messages",
        "event": "created",
        "filter": f"roomId={DEMO_SPACE_ID}",
        "secret": SECRET,
        **changed,
    }
    answer = await sandbox.request("POST", "/v1/webhooks", token=token, json=body)
    assert answer.status == 200, answer.text
    webhook: dict[str, Any] = answer.data
    return webhook


async def _say(sandbox: Sandbox, text: str, **changed: Any) -> dict[str, Any]:
    message: dict[str, Any] = await sandbox.control("POST", "/messages", {"text": text, **changed})
    return message


@pytest.fixture
async def grace(sandbox: Sandbox) -> str:
    return await sandbox.token_of("grace@example.com")


async def test_a_delivery_is_signed_and_does_not_tell_the_words(
    sandbox: Sandbox, receiver: Receiver, grace: str
) -> None:
    webhook = await _register(sandbox, receiver, grace)
    message = await _say(sandbox, "a secret plan")
    headers, body = await receiver.arrived.get()
    expected = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    assert headers["X-Spark-Signature"] == expected
    newer = dict(part.split("=") for part in headers["X-Webex-Signature"].split(", "))
    for name in ("sha256", "sha512"):
        assert newer[name] == hmac.new(SECRET.encode(), body, name).hexdigest()
    assert b"secret plan" not in body
    payload = json.loads(body)
    assert payload["id"] == webhook["id"]
    assert (payload["resource"], payload["event"]) == ("messages", "created")
    assert {"name", "orgId", "createdBy", "actorId", "appId", "ownedBy", "status"} <= set(payload)
    assert (payload["targetUrl"], payload["created"]) == (receiver.url, webhook["created"])
    # Bot frameworks parse the body and sign JSON.stringify of it again.
    assert body == json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    data = payload["data"]
    assert (data["id"], data["roomId"]) == (message["id"], DEMO_SPACE_ID)
    assert data["personEmail"] == "grace@example.com"
    assert data["created"] == message["created"]


async def test_without_a_secret_there_is_no_signature(
    sandbox: Sandbox, receiver: Receiver, grace: str
) -> None:
    await _register(sandbox, receiver, grace, secret=None)
    await _say(sandbox, "x")
    headers, _ = await receiver.arrived.get()
    assert {"X-Spark-Signature", "X-Webex-Signature"}.isdisjoint(headers)


async def test_edits_deletions_and_members_are_told_too(
    sandbox: Sandbox, receiver: Receiver, grace: str
) -> None:
    for resource, event in (
        ("messages", "updated"),
        ("messages", "deleted"),
        ("memberships", "created"),
        ("memberships", "deleted"),
    ):
        await _register(sandbox, receiver, grace, resource=resource, event=event)
    message = await _say(sandbox, "old")
    path = f"/v1/messages/{message['id']}"
    edit = {"roomId": DEMO_SPACE_ID, "text": "new"}
    await sandbox.request("PUT", path, token=grace, json=edit)
    assert (await receiver.next())["event"] == "updated"
    await sandbox.request("DELETE", path, token=grace)
    assert (await receiver.next())["data"]["id"] == message["id"]
    for is_member, event in ((True, "created"), (False, "deleted")):
        await sandbox.control(
            "PUT", "/memberships", {"email": "ada@example.com", "is_member": is_member}
        )
        payload = await receiver.next()
        assert (payload["resource"], payload["event"]) == ("memberships", event)
        assert payload["data"]["personEmail"] == "ada@example.com"


async def test_rooms_are_told_of_too(sandbox: Sandbox, receiver: Receiver, grace: str) -> None:
    for event in ("created", "updated", "migrated"):
        await _register(sandbox, receiver, grace, resource="rooms", event=event, filter=None)
    created = await sandbox.request("POST", "/v1/rooms", token=grace, json={"title": "Secret"})
    payload = await receiver.next()
    assert (payload["resource"], payload["event"]) == ("rooms", "created")
    assert payload["data"]["id"] == created.data["id"]
    assert "Secret" not in json.dumps(payload)
    path = f"/v1/rooms/{created.data['id']}"
    await sandbox.request("PUT", path, token=grace, json={"title": "Open"})
    assert (await receiver.next())["event"] == "updated"
    await sandbox.control("PATCH", "/rooms", {"is_migrated": True})
    assert (await receiver.next())["event"] == "migrated"


async def test_all_of_everything_can_be_registered(sandbox: Sandbox, receiver: Receiver) -> None:
    """What bot frameworks register; resources that are never heard of here can be waited for."""
    await _register(sandbox, receiver, DEMO_BOT_TOKEN, resource="all", event="all", filter=None)
    await _register(sandbox, receiver, DEMO_BOT_TOKEN, resource="meetings", event="started")
    await sandbox.control("PUT", "/memberships", {"email": "ada@example.com"})
    payload = await receiver.next()
    assert (payload["resource"], payload["event"]) == ("memberships", "created")
    assert receiver.arrived.empty()


async def test_one_of_the_two_signatures_may_be_missing(
    sandbox: Sandbox, receiver: Receiver, grace: str
) -> None:
    await _register(sandbox, receiver, grace)
    await sandbox.control("PATCH", "/deliveries", {"signatures": ["X-Webex-Signature"]})
    await _say(sandbox, "x")
    headers, _ = await receiver.arrived.get()
    assert "X-Webex-Signature" in headers
    assert "X-Spark-Signature" not in headers


async def test_a_filter_may_ask_for_files(sandbox: Sandbox, receiver: Receiver, grace: str) -> None:
    await _register(sandbox, receiver, grace, filter="hasFiles=true")
    await _say(sandbox, "without")
    message = await _say(sandbox, "with", file_name="a.txt", file_text="a")
    assert (await receiver.next())["data"]["id"] == message["id"]


async def test_a_failed_delivery_is_tried_again(
    sandbox: Sandbox, receiver: Receiver, grace: str
) -> None:
    await _register(sandbox, receiver, grace)
    receiver.statuses = [500, 302, 404]
    message = await _say(sandbox, "x")
    seen = [(await receiver.next())["data"]["id"] for _ in range(4)]
    assert seen == [message["id"]] * 4
    await _say(sandbox, "y")
    assert (await receiver.next())["data"]["id"] != message["id"]


async def test_a_delivery_may_come_repeatedly(
    sandbox: Sandbox, receiver: Receiver, grace: str
) -> None:
    await _register(sandbox, receiver, grace)
    await sandbox.control("PATCH", "/deliveries", {"copies": 3})
    message = await _say(sandbox, "x")
    assert [(await receiver.next())["data"]["id"] for _ in range(3)] == [message["id"]] * 3


async def test_a_filter_keeps_everything_else_away(
    sandbox: Sandbox, receiver: Receiver, grace: str
) -> None:
    await _register(sandbox, receiver, grace, filter="personEmail=alan@example.com")
    await _register(sandbox, receiver, grace, filter="roomId=another")
    await _say(sandbox, "hers")
    his = await _say(sandbox, "his", email="alan@example.com")
    assert (await receiver.next())["data"]["id"] == his["id"]
    assert receiver.arrived.empty()


async def test_a_bot_hears_only_what_mentions_it(sandbox: Sandbox, receiver: Receiver) -> None:
    await _register(sandbox, receiver, DEMO_BOT_TOKEN)
    await _say(sandbox, "not for the bot")
    mention = await sandbox.control("POST", "/messages", {"markdown": f"<@personId:{BOT.id}>"})
    assert (await receiver.next())["data"]["id"] == mention["id"]
    assert receiver.arrived.empty()


async def test_who_has_left_hears_nothing(sandbox: Sandbox, receiver: Receiver, grace: str) -> None:
    alan = await sandbox.token_of("alan@example.com")
    await _register(sandbox, receiver, alan, name="his")
    await _register(sandbox, receiver, grace, name="hers")
    await sandbox.control("PUT", "/memberships", {"email": "alan@example.com", "is_member": False})
    await _say(sandbox, "x")
    assert (await receiver.next())["name"] == "hers"
    assert receiver.arrived.empty()


async def test_webhooks_are_read_changed_and_deleted_by_their_owner(
    sandbox: Sandbox, receiver: Receiver, grace: str
) -> None:
    webhook = await _register(sandbox, receiver, grace)
    assert_valid(webhook, "POST", "/webhooks")
    path = f"/v1/webhooks/{webhook['id']}"
    read = await sandbox.request("GET", path, token=grace)
    assert_valid(read.data, "GET", "/webhooks/{webhookId}")
    assert read.data == webhook
    listed = await sandbox.request("GET", "/v1/webhooks", token=grace)
    assert_valid(listed.data, "GET", "/webhooks")
    assert listed.data["items"] == [webhook]
    changed = await sandbox.request(
        "PUT", path, token=grace, json={"name": "new", "status": "active"}
    )
    assert_valid(changed.data, "PUT", "/webhooks/{webhookId}")
    assert (changed.data["name"], changed.data["targetUrl"]) == ("new", receiver.url)
    alan = await sandbox.token_of("alan@example.com")
    assert_webex_error(await sandbox.request("GET", path, token=alan), 404)
    assert (await sandbox.request("DELETE", path, token=grace)).status == 204
    assert_webex_error(await sandbox.request("GET", path, token=grace), 404)


@pytest.mark.parametrize(
    "changed",
    [
        {"name": None},
        {"targetUrl": None},
        {"targetUrl": "ftp://x"},
        {"targetUrl": "http://[::1"},
        {"resource": "rooms of two"},
        {"event": "imagined"},
        {"filter": "colour=red"},
        {"filter": "nothing"},
        {"ownedBy": "everybody"},
    ],
)
async def test_a_webhook_that_makes_no_sense_is_refused(
    sandbox: Sandbox, grace: str, changed: dict[str, Any]
) -> None:
    body = {
        "name": "x",
        "targetUrl": "http://x",
        "resource": "messages",
        "event": "created",
        **changed,
    }
    assert_webex_error(await sandbox.request("POST", "/v1/webhooks", token=grace, json=body), 400)


async def test_a_webhook_needs_the_scope_to_read_what_it_tells(sandbox: Sandbox) -> None:
    token = await sandbox.token_of("grace@example.com", "spark:memberships_read")
    body = {"name": "x", "targetUrl": "http://x", "resource": "messages", "event": "created"}
    assert_webex_error(await sandbox.request("POST", "/v1/webhooks", token=token, json=body), 403)

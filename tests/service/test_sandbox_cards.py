"""Cards: kept, judged, given back, and answered."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.service.openapi import assert_valid
from tests.service.sandbox import Answer, Sandbox, assert_webex_error, running_sandbox
from webex_sandbox.space.bot import CARD, DEMO_BOT_TOKEN
from webex_sandbox.space.cards import CONTENT_TYPE
from webex_sandbox.space.demo import DEMO_SPACE_ID

LIST = f"/v1/messages?roomId={DEMO_SPACE_ID}"
SUBMIT = "/v1/attachment/actions"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def grace(sandbox: Sandbox) -> str:
    return await sandbox.token_of("grace@example.com")


def card(*body: Any, **changed: Any) -> dict[str, Any]:
    content = {"type": "AdaptiveCard", "version": "1.3", "body": list(body), **changed}
    return {"contentType": CONTENT_TYPE, "content": content}


async def _post(sandbox: Sandbox, token: str, *attachments: Any, **changed: Any) -> Answer:
    body = {"roomId": DEMO_SPACE_ID, "text": "fallback", "attachments": attachments, **changed}
    return await sandbox.request("POST", "/v1/messages", token=token, json=body)


async def test_a_card_is_kept_and_given_back_to_the_letter(sandbox: Sandbox, grace: str) -> None:
    rich = card(
        {"type": "TextBlock", "text": "ä", "x-unknown": [1, None]},
        {"type": "ColumnSet", "columns": [{"items": [{"type": "Image", "url": "https://x"}]}]},
        {"type": "RichTextBlock", "inlines": ["a", {"type": "TextRun", "text": "b"}]},
        {"type": "Carousel", "fallback": {"type": "TextBlock", "text": "older"}},
        actions=[{"type": "Action.ShowCard", "card": {"type": "AdaptiveCard", "body": []}}],
    )
    posted = await _post(sandbox, grace, rich)
    assert posted.status == 200, posted.text
    assert_valid(posted.data, "POST", "/messages")
    read = await sandbox.request("GET", f"/v1/messages/{posted.data['id']}", token=grace)
    assert read.data["attachments"] == [rich]


@pytest.mark.parametrize(
    "attachments",
    [
        [card(), card()],
        [{"contentType": "text/plain", "content": card()["content"]}],
        [{"contentType": CONTENT_TYPE}],
        [card(version="1.4")],
        [card(version=None)],
        [card(type="Card")],
        [card(body={})],
        [card("text")],
        [card({"type": "Marquee"})],
        [card({"type": "Input.Text"})],
        [card({"type": "Container", "items": [{"type": "Input.Number", "id": ""}]})],
        [card(actions=[{"type": "Action.Execute"}])],
        [card({"type": "TextBlock", "selectAction": []})],
        ["a card"],
    ],
)
async def test_what_is_no_card_is_refused(
    sandbox: Sandbox, grace: str, attachments: list[Any]
) -> None:
    assert_webex_error(await _post(sandbox, grace, *attachments), 400)


async def test_a_card_nested_too_deep_is_refused(sandbox: Sandbox, grace: str) -> None:
    deep: dict[str, Any] = {"type": "TextBlock", "text": "x"}
    for _ in range(60):
        deep = {"type": "Container", "items": [deep]}
    assert_webex_error(await _post(sandbox, grace, card(deep)), 400)


async def test_a_message_with_a_card_cannot_be_edited(sandbox: Sandbox, grace: str) -> None:
    message = (await _post(sandbox, grace, card())).data
    body = {"roomId": DEMO_SPACE_ID, "text": "new"}
    answer = await sandbox.request("PUT", f"/v1/messages/{message['id']}", token=grace, json=body)
    assert_webex_error(answer, 400)


async def _demo_card(sandbox: Sandbox, token: str) -> dict[str, Any]:
    messages = (await sandbox.request("GET", LIST, token=token)).data["items"]
    [found] = [message for message in messages if "attachments" in message]
    message: dict[str, Any] = found
    return message


async def test_the_bot_answers_who_submits_its_card(sandbox: Sandbox, grace: str) -> None:
    message = await _demo_card(sandbox, grace)
    assert message["attachments"] == [json.loads(json.dumps(CARD))]
    body = {"type": "submit", "messageId": message["id"], "inputs": {"guests": "2"}}
    submitted = await sandbox.request("POST", SUBMIT, token=grace, json=body)
    assert submitted.status == 200
    assert_valid(submitted.data, "POST", "/attachment/actions")
    path = f"{SUBMIT}/{submitted.data['id']}"
    read = await sandbox.request("GET", path, token=DEMO_BOT_TOKEN)
    assert_valid(read.data, "GET", "/attachment/actions/{id}")
    assert (read.data, read.data["inputs"]) == (submitted.data, {"guests": "2"})
    newest = (await sandbox.request("GET", f"{LIST}&max=1", token=grace)).data["items"][0]
    assert newest["text"] == "Noted: Grace Hopper comes, with 2 guests."
    assert newest["parentId"] == message["id"]


async def test_only_who_may_read_a_card_can_submit_it(sandbox: Sandbox, grace: str) -> None:
    message = await _demo_card(sandbox, grace)
    ada = await sandbox.token_of("ada@example.com")
    body = {"type": "submit", "messageId": message["id"], "inputs": {}}
    assert_webex_error(await sandbox.request("POST", SUBMIT, token=ada, json=body), 404)
    assert_webex_error(await sandbox.request("GET", f"{SUBMIT}/none", token=grace), 404)


@pytest.mark.parametrize("changed", [{"type": "press"}, {"inputs": "text"}, {"inputs": None}])
async def test_a_submission_that_makes_no_sense_is_refused(
    sandbox: Sandbox, grace: str, changed: dict[str, Any]
) -> None:
    message = await _demo_card(sandbox, grace)
    body = {"type": "submit", "messageId": message["id"], "inputs": {}, **changed}
    assert_webex_error(await sandbox.request("POST", SUBMIT, token=grace, json=body), 400)


async def test_a_message_without_a_card_takes_no_submission(sandbox: Sandbox, grace: str) -> None:
    message = (await _post(sandbox, grace)).data
    body = {"type": "submit", "messageId": message["id"], "inputs": {}}
    assert_webex_error(await sandbox.request("POST", SUBMIT, token=grace, json=body), 400)

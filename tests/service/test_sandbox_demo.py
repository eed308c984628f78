"""The demo space: its history, its bot, and the people one can have write in it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app_service.settings import SANDBOX_BOT_TOKEN, SANDBOX_SPACE_ID
from tests.service.sandbox import Sandbox, assert_webex_error, running_sandbox
from webex_sandbox.space.bot import DEMO_BOT_TOKEN
from webex_sandbox.space.demo import DEMO_SPACE_ID

LIST = f"/v1/messages?roomId={DEMO_SPACE_ID}"
HOSTILE = "<img src=x onerror=alert(1)><svg onload=alert(2)>"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def grace(sandbox: Sandbox) -> str:
    return await sandbox.token_of("grace@example.com")


async def _messages(sandbox: Sandbox, token: str, count: int) -> list[dict[str, Any]]:
    answer = await sandbox.request("GET", f"{LIST}&max={count}", token=token)
    items: list[dict[str, Any]] = answer.data["items"]
    return items


async def test_the_history_has_threads_files_mentions_and_several_authors(
    sandbox: Sandbox, grace: str
) -> None:
    history = await _messages(sandbox, grace, 100)
    assert len(history) > 50
    assert {message["personEmail"] for message in history} == {
        "grace@example.com",
        "alan@example.com",
        "zoe@example.com",
        "events@webex.bot",
    }
    for field in ("parentId", "files", "mentionedPeople", "html"):
        assert any(field in message for message in history), field
    ids = {message["id"] for message in history}
    assert all(message.get("parentId", message["id"]) in ids for message in history)
    created = [message["created"] for message in history]
    assert created == sorted(created, reverse=True)


async def test_the_same_space_and_bot_are_there_after_every_start(
    sandbox: Sandbox, grace: str
) -> None:
    before = await _messages(sandbox, grace, 5)
    async with running_sandbox() as another:
        token = await another.token_of("grace@example.com")
        after = await _messages(another, token, 5)
    assert [message["id"] for message in after] == [message["id"] for message in before]


def test_the_services_know_the_demo_bot_and_space_without_importing_the_sandbox() -> None:
    assert SANDBOX_BOT_TOKEN == DEMO_BOT_TOKEN
    assert SANDBOX_SPACE_ID == DEMO_SPACE_ID


async def test_the_bot_lists_upcoming_events(sandbox: Sandbox, grace: str) -> None:
    body = {"roomId": DEMO_SPACE_ID, "text": "/next"}
    asked = await sandbox.request("POST", "/v1/messages", token=grace, json=body)
    answer, question = await _messages(sandbox, grace, 2)
    assert question["id"] == asked.data["id"]
    assert answer["personEmail"] == "events@webex.bot"
    assert answer["text"].startswith("Upcoming events:")
    assert "<li><strong>" in answer["html"]
    assert answer["created"] > question["created"]


async def test_the_bot_answers_in_the_thread_it_was_asked_in(sandbox: Sandbox, grace: str) -> None:
    parent = (await _messages(sandbox, grace, 1))[0]
    await sandbox.control("POST", "/messages", {"text": "/next", "parent_id": parent["id"]})
    assert (await _messages(sandbox, grace, 1))[0]["parentId"] == parent["id"]


@pytest.mark.parametrize(
    "markdown",
    ["/help", "<@personEmail:events@webex.bot> hello", "<@personEmail:events@webex.bot> /next"],
)
async def test_the_bot_answers_who_speaks_to_it(
    sandbox: Sandbox, grace: str, markdown: str
) -> None:
    await sandbox.control("POST", "/messages", {"markdown": markdown})
    assert (await _messages(sandbox, grace, 1))[0]["personEmail"] == "events@webex.bot"


@pytest.mark.parametrize("text", ["what is next?", "see a/next", "/nextcloud", "and/or"])
async def test_the_bot_is_silent_otherwise(sandbox: Sandbox, grace: str, text: str) -> None:
    await sandbox.control("POST", "/messages", {"text": text})
    assert (await _messages(sandbox, grace, 1))[0]["text"] == text


async def test_hostile_html_goes_out_to_the_letter_when_asked_for(
    sandbox: Sandbox, grace: str
) -> None:
    await sandbox.control("POST", "/messages", {"text": "x", "html": HOSTILE})
    assert (await _messages(sandbox, grace, 1))[0]["html"] == HOSTILE


async def test_somebody_can_send_any_file(sandbox: Sandbox, grace: str) -> None:
    body = {"text": "x", "file_name": "a.svg", "file_type": "image/svg+xml", "file_text": HOSTILE}
    sent = await sandbox.control("POST", "/messages", body)
    file = await sandbox.request("GET", sent["files"][0], token=grace)
    assert (file.text, file.headers["Content-Type"]) == (HOSTILE, "image/svg+xml")


async def test_somebody_writes_now_and_then_until_told_to_stop(
    sandbox: Sandbox, grace: str
) -> None:
    before = (await _messages(sandbox, grace, 1))[0]["id"]
    begun = await sandbox.control(
        "PUT", "/chatter", {"every_seconds": 0.05, "email": "zoe@example.com"}
    )
    assert begun == {"is_writing": True}
    newest = (await _messages(sandbox, grace, 1))[0]
    while newest["id"] == before:
        newest = (await _messages(sandbox, grace, 1))[0]
    assert newest["personEmail"] == "zoe@example.com"
    assert await sandbox.control("PUT", "/chatter", {"every_seconds": 0}) == {"is_writing": False}


async def test_reset_furnishes_the_space_again(sandbox: Sandbox, grace: str) -> None:
    history = [message["id"] for message in await _messages(sandbox, grace, 100)]
    await sandbox.control("POST", "/messages", {"text": "x"})
    await sandbox.control("PUT", "/chatter", {"every_seconds": 5})
    await sandbox.control("PATCH", "/rooms", {"is_gone": True})
    await sandbox.control("POST", "/reset")
    token = await sandbox.token_of("grace@example.com")
    assert [message["id"] for message in await _messages(sandbox, token, 100)] == history


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "messages", {"room_id": "nowhere"}, 404),
        ("POST", "messages", {"email": "x@elsewhere.example"}, 400),
        ("POST", "messages", {"txet": "x"}, 400),
        ("PUT", "memberships", {"member": True}, 400),
        ("PATCH", "rooms", {"locked": True}, 400),
        ("PUT", "chatter", {"every_seconds": "x"}, 400),
        ("PATCH", "deliveries", {"copies": 11}, 400),
    ],
)
async def test_a_switch_that_makes_no_sense_is_refused(
    sandbox: Sandbox, method: str, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await sandbox.request(method, f"/_sandbox/{path}", json=body)
    assert_webex_error(answer, status)

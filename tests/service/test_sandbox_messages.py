"""/v1/messages and /v1/contents, as a conversation page meets them."""

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from tests.service.openapi import assert_valid
from tests.service.sandbox import Answer, Sandbox, assert_webex_error, running_sandbox
from webex_sandbox.space import drafts
from webex_sandbox.space.bot import BOT, DEMO_BOT_TOKEN
from webex_sandbox.space.demo import DEMO_SPACE_ID

LIST = f"/v1/messages?roomId={DEMO_SPACE_ID}"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def grace(sandbox: Sandbox) -> str:
    return await sandbox.token_of("grace@example.com", "spark:messages_read spark:messages_write")


@pytest.fixture
async def alan(sandbox: Sandbox) -> str:
    return await sandbox.token_of("alan@example.com", "spark:messages_read spark:messages_write")


async def _post(sandbox: Sandbox, token: str, **body: Any) -> Answer:
    message = {"roomId": DEMO_SPACE_ID, **body}
    return await sandbox.request("POST", "/v1/messages", token=token, json=message)


async def _newest(sandbox: Sandbox, token: str, query: str = "") -> list[dict[str, Any]]:
    answer = await sandbox.request("GET", LIST + query, token=token)
    assert answer.status == 200, answer.text
    assert_valid(answer.data, "GET", "/messages")
    items: list[dict[str, Any]] = answer.data["items"]
    return items


async def test_a_message_is_posted_with_200_and_read_newest_first(
    sandbox: Sandbox, grace: str
) -> None:
    first = await _post(sandbox, grace, text="first")
    second = await _post(sandbox, grace, text="second")
    assert (first.status, second.status) == (200, 200)
    assert_valid(first.data, "POST", "/messages")
    assert [message["text"] for message in await _newest(sandbox, grace, "&max=2")] == [
        "second",
        "first",
    ]
    assert second.data["created"] > first.data["created"]
    assert "html" not in first.data


async def test_markdown_comes_back_as_written_as_html_and_as_text(
    sandbox: Sandbox, grace: str
) -> None:
    answer = await _post(sandbox, grace, markdown="**bold** <script>alert(1)</script>")
    assert answer.data["markdown"] == "**bold** <script>alert(1)</script>"
    assert answer.data["html"] == (
        "<p><strong>bold</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>"
    )
    assert answer.data["text"] == "bold <script>alert(1)</script>"


async def test_text_beside_markdown_is_kept(sandbox: Sandbox, grace: str) -> None:
    answer = await _post(sandbox, grace, markdown="**bold**", text="plain")
    assert (answer.data["text"], answer.data["html"]) == ("plain", "<p><strong>bold</strong></p>")


async def test_the_whole_history_can_be_read_backwards(sandbox: Sandbox, grace: str) -> None:
    seen: list[str] = []
    address = f"{LIST}&max=20"
    while address:
        page = await sandbox.request("GET", address, token=grace)
        seen += [message["id"] for message in page.data["items"]]
        link = page.headers.get("Link", "")
        address = link.partition(">")[0].removeprefix("<")
    assert len(seen) == len(set(seen)) > 50
    older = await _newest(sandbox, grace, f"&max=5&beforeMessage={seen[9]}")
    assert [message["id"] for message in older] == seen[10:15]


async def test_messages_before_a_moment_can_be_asked_for(sandbox: Sandbox, grace: str) -> None:
    newest = await _newest(sandbox, grace, "&max=3")
    older = await _newest(sandbox, grace, f"&max=1&before={newest[1]['created']}")
    assert older == [newest[2]]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/messages", 400),
        ("/v1/messages?roomId=nowhere", 404),
        (f"{LIST}&beforeMessage=nothing", 404),
        (f"{LIST}&before=yesterday", 400),
        (f"{LIST}&max=0", 400),
        (f"{LIST}&mentionedPeople=somebody", 403),
        ("/v1/messages/nothing", 404),
    ],
)
async def test_a_read_that_makes_no_sense_is_refused(
    sandbox: Sandbox, grace: str, path: str, status: int
) -> None:
    assert_webex_error(await sandbox.request("GET", path, token=grace), status)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"text": "  "}, 400),
        ({"text": 1}, 400),
        ({"text": "x", "roomId": "nowhere"}, 404),
        ({"text": "x", "roomId": None}, 400),
        ({"text": "x", "toPersonEmail": "zoe@example.com"}, 400),
        ({"text": "x", "parentId": "nothing"}, 404),
        ({"text": "x", "files": ["http://localhost/x"]}, 400),
        ({"text": "x" * 7_440}, 400),
        ({"markdown": "é" * 3_720}, 400),
    ],
)
async def test_a_message_that_makes_no_sense_is_refused(
    sandbox: Sandbox, grace: str, body: dict[str, Any], status: int
) -> None:
    assert_webex_error(await _post(sandbox, grace, **body), status)


async def test_a_message_may_be_as_long_as_the_limit_in_bytes(sandbox: Sandbox, grace: str) -> None:
    words = "é" * 3_719 + "x"
    assert len(words.encode()) == 7_439
    answer = await _post(sandbox, grace, markdown=words)
    assert (answer.status, answer.data["text"]) == (200, words)


async def test_outsiders_neither_read_nor_write(sandbox: Sandbox, grace: str) -> None:
    message = (await _post(sandbox, grace, text="ours")).data
    ada = await sandbox.token_of("ada@example.com")
    assert_webex_error(await sandbox.request("GET", LIST, token=ada), 404)
    assert_webex_error(
        await sandbox.request("GET", f"/v1/messages/{message['id']}", token=ada), 404
    )
    assert_webex_error(await _post(sandbox, ada, text="mine"), 404)


async def test_reading_and_writing_need_their_own_scopes(sandbox: Sandbox) -> None:
    reader = await sandbox.token_of("grace@example.com", "spark:messages_read")
    writer = await sandbox.token_of("grace@example.com", "spark:messages_write")
    assert_webex_error(await _post(sandbox, reader, text="x"), 403)
    assert_webex_error(await sandbox.request("GET", LIST, token=writer), 403)


async def test_replies_name_the_message_they_belong_to(sandbox: Sandbox, grace: str) -> None:
    parent = (await _post(sandbox, grace, text="question")).data
    reply = (await _post(sandbox, grace, text="answer", parentId=parent["id"])).data
    assert reply["parentId"] == parent["id"]
    thread = await _newest(sandbox, grace, f"&parentId={parent['id']}")
    assert [message["text"] for message in thread] == ["answer"]
    assert_webex_error(await _post(sandbox, grace, text="deeper", parentId=reply["id"]), 400)


async def test_mentions_are_listed_and_shown(sandbox: Sandbox, grace: str) -> None:
    words = "<@personEmail:alan@example.com|Alan>, <@all>, <@personEmail:x@elsewhere.example>"
    message = (await _post(sandbox, grace, markdown=words)).data
    alan = await sandbox.request(
        "GET", "/v1/people/me", token=await sandbox.token_of("alan@example.com")
    )
    assert message["mentionedPeople"] == [alan.data["id"]]
    assert message["mentionedGroups"] == ["all"]
    assert message["text"] == "Alan, All, x@elsewhere.example"
    assert f'data-object-id="{alan.data["id"]}">Alan</spark-mention>' in message["html"]
    everybody = '<spark-mention data-object-type="groupMention" data-group-type="all">All<'
    assert everybody in message["html"]


async def test_a_bot_reads_in_group_rooms_only_what_mentions_it(
    sandbox: Sandbox, grace: str
) -> None:
    assert_webex_error(await sandbox.request("GET", LIST, token=DEMO_BOT_TOKEN), 403)
    await _post(sandbox, grace, text="not for the bot")
    await _post(sandbox, grace, markdown=f"<@personId:{BOT.id}> hello")
    heard = await _newest(sandbox, DEMO_BOT_TOKEN, "&mentionedPeople=me")
    assert [message["text"] for message in heard] == ["Events hello"]


async def test_an_edit_shows_and_is_the_authors_alone(
    sandbox: Sandbox, grace: str, alan: str
) -> None:
    message = (await _post(sandbox, grace, markdown="*old*")).data
    path, body = f"/v1/messages/{message['id']}", {"roomId": DEMO_SPACE_ID, "text": "new"}
    assert_webex_error(await sandbox.request("PUT", path, token=alan, json=body), 403)
    edited = await sandbox.request("PUT", path, token=grace, json=body)
    assert edited.status == 200
    assert_valid(edited.data, "PUT", "/messages/{messageId}")
    assert (edited.data["text"], edited.data["id"]) == ("new", message["id"])
    assert edited.data["updated"] >= edited.data["created"]
    assert "html" not in edited.data
    read = await sandbox.request("GET", path, token=alan)
    assert_valid(read.data, "GET", "/messages/{messageId}")
    assert read.data == edited.data


async def test_ten_edits_are_enough(sandbox: Sandbox, grace: str) -> None:
    message = (await _post(sandbox, grace, text="old")).data
    path = f"/v1/messages/{message['id']}"
    body = {"roomId": DEMO_SPACE_ID, "text": "new"}
    statuses = [
        (await sandbox.request("PUT", path, token=grace, json=body)).status for _ in range(11)
    ]
    assert statuses == [200] * 10 + [400]


@pytest.mark.parametrize(
    "body", [{"text": "x"}, {"roomId": "nowhere", "text": "x"}, {"roomId": DEMO_SPACE_ID}]
)
async def test_an_edit_needs_the_room_and_words(
    sandbox: Sandbox, grace: str, body: dict[str, str]
) -> None:
    message = (await _post(sandbox, grace, text="old")).data
    answer = await sandbox.request("PUT", f"/v1/messages/{message['id']}", token=grace, json=body)
    assert_webex_error(answer, 400)


async def test_a_message_is_deleted_by_its_author_or_a_moderator(
    sandbox: Sandbox, grace: str, alan: str
) -> None:
    hers, his = (
        (await _post(sandbox, grace, text="hers")).data,
        (await _post(sandbox, alan, text="his")).data,
    )
    refused = await sandbox.request("DELETE", f"/v1/messages/{hers['id']}", token=alan)
    assert_webex_error(refused, 403)
    for message in (hers, his):
        path = f"/v1/messages/{message['id']}"
        assert (await sandbox.request("DELETE", path, token=grace)).status == 204
        assert_webex_error(await sandbox.request("GET", path, token=grace), 404)


async def test_where_only_moderators_write_others_are_refused(
    sandbox: Sandbox, grace: str, alan: str
) -> None:
    await sandbox.control("PATCH", "/rooms", {"is_announcement_only": True})
    assert_webex_error(await _post(sandbox, alan, text="x"), 403)
    assert (await _post(sandbox, grace, text="x")).status == 200


async def test_two_people_write_to_each_other_in_a_room_of_two(
    sandbox: Sandbox, grace: str
) -> None:
    body = {"toPersonEmail": "zoe@example.com", "text": "just for you"}
    sent = await sandbox.request("POST", "/v1/messages", token=grace, json=body)
    assert (sent.status, sent.data["roomType"]) == (200, "direct")
    again = await sandbox.request("POST", "/v1/messages", token=grace, json=body)
    assert again.data["roomId"] == sent.data["roomId"]
    zoe = await sandbox.token_of("zoe@example.com")
    read = await sandbox.request("GET", f"/v1/messages?roomId={sent.data['roomId']}", token=zoe)
    assert len(read.data["items"]) == 2


def _form(name: str, data: bytes, content_type: str) -> aiohttp.FormData:
    # Browsers send names as they are.
    form = aiohttp.FormData({"roomId": DEMO_SPACE_ID, "text": "with a file"}, quote_fields=False)
    form.add_field("files", BytesIO(data), filename=name, content_type=content_type)
    return form


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("notes.txt", "notes.txt"),
        ("Übersicht für Zoë.pdf", "bersicht fr Zo.pdf"),
        ('a"b\\c.txt', "c.txt"),
        ("../../etc/passwd", "passwd"),
    ],
)
async def test_a_file_comes_back_as_it_was_sent(
    sandbox: Sandbox, grace: str, name: str, plain: str
) -> None:
    data = bytes(range(256))
    form = _form(name, data, "application/x-strange")
    sent = await sandbox.request("POST", "/v1/messages", token=grace, data=form)
    assert sent.status == 200
    assert_valid(sent.data, "POST", "/messages")
    (address,) = sent.data["files"]
    assert address.startswith(f"{sandbox.url}/v1/contents/")
    file = await sandbox.request("GET", address, token=grace)
    assert file.body == data
    assert file.headers["Content-Type"] == "application/x-strange"
    assert file.headers["Content-Disposition"].startswith(f'attachment; filename="{plain}"')
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    head = await sandbox.request("HEAD", address, token=grace)
    assert (head.status, head.headers["Content-Length"], head.body) == (200, "256", b"")


async def test_a_file_is_there_for_members_only(sandbox: Sandbox, grace: str) -> None:
    form = _form("x.txt", b"x", "text/plain")
    sent = (await sandbox.request("POST", "/v1/messages", token=grace, data=form)).data
    (address,) = sent["files"]
    assert_webex_error(await sandbox.request("GET", address), 401)
    outsider = await sandbox.token_of("ada@example.com")
    assert_webex_error(await sandbox.request("GET", address, token=outsider), 404)
    no_scope = await sandbox.token_of("grace@example.com", "spark:rooms_read")
    assert_webex_error(await sandbox.request("GET", address, token=no_scope), 403)
    await sandbox.request("DELETE", f"/v1/messages/{sent['id']}", token=grace)
    assert_webex_error(await sandbox.request("GET", address, token=grace), 404)


async def test_one_file_is_enough_and_a_message_with_a_file_is_not_edited(
    sandbox: Sandbox, grace: str
) -> None:
    two = _form("a.txt", b"a", "text/plain")
    two.add_field("files2", b"b", filename="b.txt")
    assert_webex_error(await sandbox.request("POST", "/v1/messages", token=grace, data=two), 400)
    one = _form("a.txt", b"a", "text/plain")
    sent = (await sandbox.request("POST", "/v1/messages", token=grace, data=one)).data
    edit = {"roomId": DEMO_SPACE_ID, "text": "x"}
    answer = await sandbox.request("PUT", f"/v1/messages/{sent['id']}", token=grace, json=edit)
    assert_webex_error(answer, 400)


async def test_a_file_that_is_too_large_is_refused(
    sandbox: Sandbox, grace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert drafts.LARGEST_FORM > 100 * 1024 * 1024
    monkeypatch.setattr(drafts, "LARGEST_FORM", 1024 * 1024)
    form = _form("large.bin", b"x" * (2 * 1024 * 1024), "application/octet-stream")
    answer = await sandbox.request("POST", "/v1/messages", token=grace, data=form)
    assert_webex_error(answer, 413)

"""/api/space/messages: what the widget's script reads and writes."""

import pytest

from harness.site import Site
from tests.member import MESSAGES, WIDGET_SCOPES, Member
from webex_sandbox.ids import stable_uuid, webex_id

POST = "POST /v1/messages"
SUBMIT = "POST /v1/attachment/actions"
# Ada is in it too: "Welcome to the sandbox".
ANOTHER_SPACE = webex_id("ROOM", stable_uuid("demo room 0"))


async def test_a_message_is_written_and_comes_back_as_html(site: Site) -> None:
    ada = await Member.enter(site)
    answer = await ada.write("Hello **world** <https://example.com/>")
    assert answer.status == 200
    message = answer.json()
    assert "<strong>world</strong>" in message["html"]
    assert 'rel="noopener noreferrer nofollow"' in message["html"]
    assert "Ada Lovelace" in message["html"]


async def test_nothing_is_sent_under_the_name_of_who_signed_in_meanwhile(site: Site) -> None:
    ada = await Member.enter(site)
    me = (await ada.browser.get("/api/me")).json()["id"]
    body = {"markdown": "From Ada", "writer": me}
    assert (await ada.send("POST", MESSAGES, body)).status == 200
    await ada.browser.sign_in("grace@example.com", scope=WIDGET_SCOPES)
    answer = await ada.send("POST", MESSAGES, body)
    assert (answer.status, answer.json()["code"]) == (409, "somebody_else")
    assert await site.sandbox.calls(POST) == 1


async def test_a_card_is_answered_by_who_opened_the_page_and_by_nobody_else(site: Site) -> None:
    ada = await Member.enter(site)
    me = (await ada.browser.get("/api/me")).json()["id"]
    items = (await ada.browser.get(MESSAGES)).json()["items"]
    [card] = [item["id"] for item in items if "message-card" in item["html"]]
    body = {"inputs": {"guests": "1"}, "writer": me}
    assert (await ada.send("POST", f"{MESSAGES}/{card}/actions", body)).status == 204
    await ada.browser.sign_in("grace@example.com", scope=WIDGET_SCOPES)
    answer = await ada.send("POST", f"{MESSAGES}/{card}/actions", body)
    assert (answer.status, answer.json()["code"]) == (409, "somebody_else")
    assert await site.sandbox.calls(SUBMIT) == 1


async def test_a_reply_belongs_to_its_thread(site: Site) -> None:
    ada = await Member.enter(site)
    question = (await ada.write("A question")).json()
    reply = (await ada.write("An answer", question["id"])).json()
    assert reply["parentId"] == question["id"]


async def test_ones_own_message_can_be_changed_and_deleted(site: Site) -> None:
    ada = await Member.enter(site)
    message_id = (await ada.write("Frist")).json()["id"]
    read = await ada.browser.get(f"{MESSAGES}/{message_id}")
    assert read.json() == {"id": message_id, "markdown": "Frist"}
    edited = (await ada.edit(message_id, "First")).json()
    assert "First" in edited["html"]
    assert "edited" in edited["html"]
    assert (await ada.delete(message_id)).status == 204
    assert (await ada.browser.get(f"{MESSAGES}/{message_id}")).status == 404


async def test_somebody_elses_message_can_be_neither_changed_nor_deleted(site: Site) -> None:
    ada = await Member.enter(site)
    message_id = await site.sandbox.say("Mine")
    for answer in (await ada.edit(message_id, "Yours"), await ada.delete(message_id)):
        assert (answer.status, answer.json()["code"]) == (403, "may_not_write")


async def test_older_messages_end_where_the_space_begins(site: Site) -> None:
    ada = await Member.enter(site)
    seen: list[str] = []
    path = MESSAGES
    while True:
        page = (await ada.browser.get(path)).json()
        seen = [item["created"] for item in page["items"]] + seen
        if page["older"] is None:
            break
        path = f"{MESSAGES}?before={page['older']}"
    assert len(seen) == 59
    assert seen == sorted(seen)


@pytest.mark.parametrize("letter", ["a", "é", "🎂"])
async def test_a_message_may_be_7439_bytes_long_and_no_longer(site: Site, letter: str) -> None:
    ada = await Member.enter(site)
    most = 7439 // len(letter.encode())
    assert (await ada.write(letter * most)).status == 200
    before = await site.sandbox.calls(POST)
    answer = await ada.write(letter * (most + 1))
    assert (answer.status, answer.json()["code"]) == (422, "message_too_long")
    assert await site.sandbox.calls(POST) == before


@pytest.mark.parametrize(
    "body", ["[]", "{}", '{"markdown": 1}', "no json", '{"markdown": "\\ud800"}']
)
async def test_what_is_no_message_is_refused(site: Site, body: str) -> None:
    ada = await Member.enter(site)
    answer = await ada.browser.send(
        "POST",
        MESSAGES,
        headers={"X_Requested_With": "widget", "Content_Type": "application/json"},
        data=body.encode(),
    )
    assert answer.status == 400
    assert await site.sandbox.calls(POST) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Requested_With": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
async def test_only_our_own_script_can_write(site: Site, headers: dict[str, str]) -> None:
    ada = await Member.enter(site)
    answer = await ada.send("POST", MESSAGES, {"markdown": "forged"}, **headers)
    assert (answer.status, answer.json()["code"]) == (403, "cross_site")
    for method, path in (("PUT", f"{MESSAGES}/x"), ("DELETE", f"{MESSAGES}/x")):
        assert (await ada.send(method, path, {"markdown": "x"}, **headers)).status == 403
    assert await site.sandbox.calls(POST) == 0


async def test_who_is_signed_out_gets_401_and_no_redirect(site: Site) -> None:
    stranger = Member(await site.browser(), site)
    for answer in (await stranger.write("hello"), await stranger.browser.get(MESSAGES)):
        assert (answer.status, answer.headers["Content-Type"]) == (
            401,
            "application/problem+json; charset=utf-8",
        )


async def test_who_has_not_granted_enough_gets_403(site: Site) -> None:
    browser = await site.browser()
    await browser.sign_in()
    answer = await browser.get(MESSAGES)
    assert (answer.status, answer.json()["code"]) == (403, "scope_missing")


async def test_who_was_never_let_in_is_told_so(site: Site) -> None:
    stranger = await Member.sign_in(site, "outsider@example.com")
    answer = await stranger.browser.get(MESSAGES)
    assert (answer.status, answer.json()["code"]) == (403, "not_a_member")
    assert (await stranger.browser.get("/widget")).status == 200
    assert (await stranger.browser.get(MESSAGES)).status == 200


async def test_a_message_of_another_space_is_not_shown(site: Site) -> None:
    ada = await Member.enter(site)
    assert "Welcome to the sandbox" in (await ada.browser.get("/spaces")).text
    other = await site.sandbox.say("secret", room_id=ANOTHER_SPACE)
    assert (await ada.browser.get(f"{MESSAGES}/{other}")).status == 404
    assert (await ada.delete(other)).status == 404


async def test_in_a_space_for_announcements_the_error_says_why(site: Site) -> None:
    ada = await Member.enter(site)
    await site.sandbox.room(is_announcement_only=True)
    answer = await ada.write("Me too")
    assert (answer.status, answer.json()["code"]) == (403, "may_not_write")


@pytest.mark.parametrize(("status", "expected"), [(500, 502), (429, 503), (502, 502)])
async def test_when_webex_fails_the_script_is_told_to_try_later(
    site: Site, status: int, expected: int
) -> None:
    ada = await Member.enter(site)
    await site.sandbox.fault(POST, status=status, headers={"Retry-After": "9"})
    answer = await ada.write("hello")
    assert answer.status == expected
    assert answer.json()["title"]


async def test_a_token_that_ended_is_renewed_and_the_message_sent_once(site: Site) -> None:
    ada = await Member.enter(site)
    await site.sandbox.expire_tokens(access=True)
    assert (await ada.write("still here")).status == 200
    page = (await ada.browser.get(MESSAGES)).json()
    assert sum("still here" in item["html"] for item in page["items"]) == 1

"""/widget: the bot lets people in, once, and the page shows the conversation."""

import json
import re

import pytest

from app_service.settings import SANDBOX_BOT_TOKEN, SANDBOX_SPACE_ID
from harness.browser_like import Answer
from harness.redis_server import RedisServer
from harness.sandbox_control import SandboxControl
from harness.site import Site
from tests.conftest import MakeSite
from tests.member import WIDGET_SCOPES, Member
from webex_sandbox.space.bot import DEMO_BOT_TOKEN
from webex_sandbox.space.demo import DEMO_SPACE_ID

ADD = "POST /v1/memberships"
ROOM = "GET /v1/rooms/{room_id}"
# A site that talks to the real Webex, as far as it knows.
REAL = {
    "PUBLIC_URL": "https://example.org",
    "SESSION_KEYS": "a-key-of-the-tests-only-0123456789-abcdef",
    "WEBHOOKS": "off",
}
ELSEWHERE = SANDBOX_SPACE_ID[:-4] + "AAAA"


def test_the_service_knows_the_sandbox_by_its_own_constants() -> None:
    assert (SANDBOX_BOT_TOKEN, SANDBOX_SPACE_ID) == (DEMO_BOT_TOKEN, DEMO_SPACE_ID)


async def test_with_no_settings_the_widget_works_out_of_the_box(site: Site) -> None:
    ada = await Member.enter(site)
    page = (await ada.browser.get("/widget")).page
    assert page.heading == "Upcoming events"
    assert "See you there!" in page.text
    assert "Grace Hopper" in page.text


async def test_the_widget_asks_for_exactly_what_is_missing(site: Site) -> None:
    browser = await site.browser()
    await browser.sign_in(scope="spark:rooms_read spark:messages_read")
    page = (await browser.get("/widget")).page
    asked = "spark%3Amemberships_read+spark%3Amessages_write+spark%3Akms"
    assert page.way_on[1] == f"/login?next=%2Fwidget&scope={asked}"


async def test_the_bot_adds_a_person_once_and_not_with_every_page(
    make_site: MakeSite,
) -> None:
    site = await make_site(replicas=2)
    ada = await Member.enter(site)
    for _ in range(4):
        await ada.browser.get("/widget")
    assert await site.sandbox.calls(ADD) == 1


async def test_who_is_in_the_space_already_gets_in(site: Site) -> None:
    grace = await Member.enter(site, "grace@example.com")
    assert await site.sandbox.calls(ADD) == 1
    await grace.browser.get("/widget")
    assert await site.sandbox.calls(ADD) == 1


async def test_redis_holds_neither_person_nor_space_in_clear(
    site: Site, redis_server: RedisServer
) -> None:
    ada = await Member.enter(site)
    me = (await ada.browser.get("/api/me")).json()
    dump = b"".join(k.encode() + v for k, v in redis_server.dump().items())
    for secret in (me["id"], me["emails"][0], DEMO_SPACE_ID, DEMO_BOT_TOKEN):
        assert secret.encode() not in dump
    keys = redis_server.keys()
    assert all(redis_server.client.ttl(key) > 0 for key in keys)


async def test_no_token_is_in_the_page(site: Site) -> None:
    ada = await Member.enter(site)
    answer = await ada.browser.get("/widget")
    tokens = (await site.sandbox.confidential())["access_token"]
    sent = answer.text + str(answer.headers)
    assert not [token for token in [*tokens, DEMO_BOT_TOKEN] if token in sent]


@pytest.mark.parametrize(
    ("settings", "heading", "named"),
    [
        ({"BOT_TOKEN": "wrong"}, "Webex does not accept the bot's token", "BOT_TOKEN"),
        ({"SPACE_ID": ELSEWHERE}, "The bot is not in the space", "SPACE_ID"),
    ],
)
async def test_a_wrong_setting_gets_a_page_that_names_it(
    make_site: MakeSite, settings: dict[str, str], heading: str, named: str
) -> None:
    site = await make_site(**settings)
    ada = await Member.sign_in(site)
    answer = await ada.browser.get("/widget")
    assert (answer.status, answer.page.heading) == (503, heading)
    assert named in answer.page.text
    assert (await ada.browser.get("/spaces")).status == 200


async def test_missing_settings_get_a_page_that_names_them(make_site: MakeSite) -> None:
    site = await make_site(**REAL)
    ada = await Member.sign_in(site)
    answer = await ada.browser.get("/widget")
    assert (answer.status, answer.page.heading) == (503, "No space is configured")
    assert "SPACE_ID" in answer.page.text
    assert "BOT_TOKEN" in answer.page.text
    assert (await ada.browser.get("/")).status == 200


async def test_without_a_bot_those_who_are_in_the_space_get_in(make_site: MakeSite) -> None:
    site = await make_site(**REAL, SPACE_ID=DEMO_SPACE_ID)
    ada = await Member.sign_in(site)
    answer = await ada.browser.get("/widget")
    assert answer.page.heading == "You are not in the space, and no bot can add you"
    assert "BOT_TOKEN" in answer.page.text
    grace = await Member.sign_in(site, "grace@example.com")
    assert (await grace.browser.get("/widget")).page.heading == "Upcoming events"


async def test_a_bot_with_a_refused_token_does_not_lock_members_out(make_site: MakeSite) -> None:
    site = await make_site(BOT_TOKEN="wrong")
    grace = await Member.sign_in(site, "grace@example.com")
    assert (await grace.browser.get("/widget")).status == 200


async def test_a_moderated_space_gets_a_page_that_says_so(site: Site) -> None:
    await site.sandbox.membership("events@webex.bot", is_member=True)  # and no moderator any more
    await site.sandbox.room(is_locked=True)
    ada = await Member.sign_in(site)
    assert (await ada.browser.get("/widget")).page.heading == "The bot may not add you to the space"


async def test_a_bot_that_was_removed_gets_a_page_that_says_so(site: Site) -> None:
    await site.sandbox.membership("events@webex.bot", is_member=False)
    ada = await Member.sign_in(site)
    assert (await ada.browser.get("/widget")).page.heading == "The bot is not in the space"


async def test_a_space_that_is_gone_gets_a_page_that_says_so(site: Site) -> None:
    ada = await Member.enter(site)
    await site.sandbox.room(is_gone=True)
    answer = await ada.browser.get("/widget")
    assert (answer.status, answer.page.heading) == (503, "The space cannot be found")


async def test_who_was_removed_is_told_and_can_be_added_again(site: Site) -> None:
    ada = await Member.enter(site)
    await site.sandbox.membership("ada@example.com", is_member=False)
    page = (await ada.browser.get("/widget")).page
    assert page.heading == "You are not in this space"
    assert await site.sandbox.calls(ADD) == 1
    again = await ada.browser.visit(page.way_on[1])
    assert (again.status, again.page.heading) == (200, "Upcoming events")


async def test_a_link_on_another_site_puts_nobody_back_into_a_space_they_left(site: Site) -> None:
    ada = await Member.enter(site)
    await site.sandbox.membership("ada@example.com", is_member=False)
    for fetch_site in ("cross-site", "same-site"):
        answer = await ada.browser.get("/widget?again=1", Sec_Fetch_Site=fetch_site)
        assert answer.page.heading == "You are not in this space"
    assert await site.sandbox.calls(ADD) == 1


@pytest.mark.parametrize("route", [ROOM, "GET /v1/messages", "GET /v1/memberships"])
async def test_webex_being_down_gets_a_page_and_no_sign_out(
    site: Site, sandbox: SandboxControl, route: str
) -> None:
    ada = await Member.enter(site)
    await sandbox.fault(route, status=503)
    # Without the list of members the page still shows what is said.
    expected = 200 if route.endswith("memberships") else 502
    assert (await ada.browser.get("/widget")).status == expected
    await sandbox.lift_faults()
    assert (await ada.browser.get("/widget")).status == 200


async def test_webex_being_slow_gets_a_page_that_says_so(make_site: MakeSite) -> None:
    site = await make_site(WEBEX_TIMEOUT_SECONDS="1")
    ada = await Member.enter(site)
    await site.sandbox.fault("GET /v1/messages", delay=3)
    answer = await ada.browser.get("/widget")
    assert (answer.status, answer.page.heading) == (504, "Webex takes too long")
    await site.sandbox.lift_faults()
    await site.sandbox.fault("POST /v1/messages", delay=3)
    answer = await ada.write("Sent or not?")
    assert answer.status == 504
    assert "may have been done all the same" in answer.json()["detail"]


async def test_older_messages_are_a_page_further(site: Site) -> None:
    ada = await Member.enter(site)
    seen, path = 0, "/widget"
    for _ in range(4):
        answer = await ada.browser.get(path)
        seen += answer.text.count('class="message"')
        older = [href for label, href in answer.page.links if label == "Older messages"]
        if not older:
            break
        path = older[0]
    # 12 weeks with 4 lines each, 11 lines of today.
    assert seen == 59


async def test_a_reply_stands_under_what_it_replies_to(site: Site) -> None:
    ada = await Member.enter(site)
    page = (await ada.browser.get("/widget")).text
    question, reply = page.index("Can machines think"), page.index("A ship in port")
    assert '<ol class="replies"' in page[question:reply]
    assert "</ol>" not in page[question:reply]


async def test_the_form_writes_without_a_script(site: Site) -> None:
    ada = await Member.enter(site)
    answer = await ada.browser.post("/widget", {"markdown": "By **hand**", "parentId": ""})
    assert (answer.status, answer.location) == (303, "/widget#end")
    assert "By <strong>hand</strong>" in (await ada.browser.get("/widget")).text


async def test_the_form_keeps_what_was_typed_when_sending_fails(site: Site) -> None:
    ada = await Member.enter(site)
    await site.sandbox.fault("POST /v1/messages", status=503)
    answer = await ada.browser.post("/widget", {"markdown": "Not <lost>", "parentId": ""})
    assert answer.status == 502
    assert "Not &lt;lost&gt;</textarea>" in answer.text
    assert "Webex had a problem" in answer.page.text


async def test_the_form_keeps_what_was_typed_when_the_space_cannot_be_shown_either(
    site: Site,
) -> None:
    ada = await Member.enter(site)
    await site.sandbox.fault("POST /v1/messages", status=503)
    await site.sandbox.fault(ROOM, status=503)
    answer = await ada.browser.post("/widget", {"markdown": "Not <lost>", "parentId": ""})
    assert (answer.status, answer.page.heading) == (502, "Webex had a problem")
    assert "Not &lt;lost&gt;</textarea>" in answer.text
    await site.sandbox.lift_faults()
    assert (await ada.browser.post("/widget", {"markdown": "Not <lost>"})).status == 303


async def test_the_form_sends_nothing_under_the_name_of_who_signed_in_meanwhile(site: Site) -> None:
    ada = await Member.enter(site)
    typed = {"markdown": "From Ada", "writer": writer(await ada.browser.get("/widget"))}
    await ada.browser.sign_in("grace@example.com", scope=WIDGET_SCOPES)
    answer = await ada.browser.post("/widget", typed)
    assert answer.status == 409
    assert "Somebody else has signed in" in answer.page.text
    assert "From Ada</textarea>" in answer.text
    assert await site.sandbox.calls("POST /v1/messages") == 0
    # Who sends it now has read whose message it is.
    again = await ada.browser.post("/widget", {**typed, "writer": writer(answer)})
    assert again.status == 303


def writer(page: Answer) -> str:
    """Who opened the page, as its form says."""
    found = re.search(r'name="writer" value="([^"]+)"', page.text)
    assert found
    return found[1]


async def test_a_space_that_is_read_only_says_so_instead_of_asking_for_a_message(
    site: Site,
) -> None:
    ada = await Member.enter(site)
    body = {"id": DEMO_SPACE_ID, "title": "Archive", "type": "group", "isReadOnly": True}
    await site.sandbox.fault(ROOM, status=200, body=json.dumps(body))
    answer = await ada.browser.get("/widget")
    assert "This space is read-only: nobody can write here." in answer.page.text
    assert "Write in" not in answer.text


async def test_a_redis_that_takes_no_writes_lets_people_in_all_the_same(
    make_site: MakeSite, own_redis: RedisServer
) -> None:
    site = await make_site(redis=own_redis)
    ada = await Member.sign_in(site)
    own_redis.client.replicaof("127.0.0.1", "1")
    try:
        assert (await ada.browser.get("/widget")).status == 200
    finally:
        own_redis.client.replicaof("NO", "ONE")


async def test_another_site_cannot_write_with_its_form(site: Site) -> None:
    ada = await Member.enter(site)
    form = {"markdown": "forged", "parentId": ""}
    answer = await ada.browser.post("/widget", form, Sec_Fetch_Site="cross-site")
    assert answer.status == 403
    assert await site.sandbox.calls("POST /v1/messages") == 0


async def test_a_link_to_a_message_shows_it_however_many_have_followed(site: Site) -> None:
    ada = await Member.enter(site)
    message_id = await site.sandbox.say("Look here")
    link = f"/widget?message={message_id}"
    near = await ada.browser.get(link)
    assert f'id="m-{message_id}"' in near.text
    assert "data-api" in near.text
    for number in range(31):
        await site.sandbox.say(f"Later {number}")
    far = await ada.browser.get(link)
    assert f'id="m-{message_id}"' in far.text
    assert "Later 30" not in far.text
    assert ("Back to the newest messages", "/widget") in far.page.links


@pytest.mark.parametrize("wanted", ["gone", "x" * 600, ""])
async def test_a_link_to_no_message_of_the_space_gets_a_page(site: Site, wanted: str) -> None:
    ada = await Member.enter(site)
    assert (await ada.browser.get(f"/widget?message={wanted}")).status in (400, 404)

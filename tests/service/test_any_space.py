"""/spaces/ID: each of a person's spaces, as the one at /widget, and nothing of anybody else's."""

import asyncio
from urllib.parse import quote, unquote

import pytest

from app_service.live import feed, feeds, rounds, webhook_keeper
from harness.browser_like import Answer
from harness.eventually import eventually
from harness.site import HTTPS, Site
from tests.conftest import MakeSite
from tests.member import Member
from webex_sandbox.ids import stable_uuid, webex_id
from webex_sandbox.space.demo import DEMO_SPACE_ID

# Everybody who has looked at their list is in these.
WELCOME = webex_id("ROOM", stable_uuid("demo room 0"))
COFFEE = webex_id("ROOM", stable_uuid("demo room 2"))
NOWHERE = webex_id("ROOM", stable_uuid("no room"))
LIST = "GET /v1/messages"
PAUSE_SECONDS = 0.2
MAKE, REMOVE = "POST /v1/webhooks", "DELETE /v1/webhooks/{webhook_id}"


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, at the pace of a test: polls and rounds several times a second."""
    monkeypatch.setattr(feed, "QUIET_SECONDS", PAUSE_SECONDS)
    monkeypatch.setattr(feed, "TALKING_SECONDS", PAUSE_SECONDS)
    monkeypatch.setattr(feed, "SHORTEST_SECONDS", 0.05)
    monkeypatch.setattr(rounds, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(webhook_keeper, "ROUND_SECONDS", 0.1)


def page_of(room_id: str) -> str:
    return f"/spaces/{quote(room_id, safe='')}"


async def member(site: Site, email: str = "ada@example.com", room_id: str = WELCOME) -> Member:
    """Somebody who has seen their list of spaces, and is in one of them."""
    somebody = await Member.sign_in(site, email)
    assert (await somebody.browser.get("/spaces")).status == 200
    return somebody.at(room_id)


async def test_every_space_of_the_list_opens_under_its_own_title(site: Site) -> None:
    ada = await Member.sign_in(site)
    first = (await ada.browser.get("/spaces")).page
    [last] = [href for label, href in first.links if label == "Next page"]
    links = [*first.links, *(await ada.browser.get(last)).page.links]
    spaces = [(title, path) for title, path in links if path.startswith("/spaces/")]
    assert len(spaces) > 25
    assert "Grace Hopper" in [title for title, _ in spaces]
    for title, path in (spaces[0], spaces[-1]):
        answer = await ada.browser.get(path)
        assert (answer.status, answer.page.heading) == (200, title)


async def test_the_space_of_the_widget_has_one_page(site: Site) -> None:
    ada = await Member.enter(site)
    answer = await ada.browser.get(page_of(DEMO_SPACE_ID))
    assert (answer.status, answer.location) == (303, "/widget")
    assert "/widget" in [path for _, path in (await ada.browser.get("/spaces")).page.links]


async def test_it_works_where_no_space_is_configured(make_site: MakeSite) -> None:
    site = await make_site(**HTTPS, WEBHOOKS="off")
    ada = await member(site)
    assert (await ada.browser.get("/widget")).page.heading == "No space is configured"
    assert (await ada.browser.get(page_of(WELCOME))).page.heading == "Welcome to the sandbox"
    async with ada.watching() as stream:
        await stream.next("window")
        await site.sandbox.say("Live all the same", room_id=WELCOME)
        await stream.saying("Live all the same")


async def test_one_writes_changes_and_deletes_there(site: Site) -> None:
    ada = await member(site)
    message_id = (await ada.write("Frist")).json()["id"]
    assert "First" in (await ada.edit(message_id, "First")).json()["html"]
    assert "First" in (await ada.browser.get(page_of(WELCOME))).text
    assert (await ada.delete(message_id)).status == 204
    assert "First" not in (await ada.browser.get(page_of(WELCOME))).text


async def test_a_file_has_its_address_below_the_space(site: Site) -> None:
    ada = await member(site)
    await site.sandbox.say("look", room_id=WELCOME, file_name="a.txt", file_text="content")
    page = (await ada.browser.get(page_of(WELCOME))).page
    [href] = [href for label, href in page.links if label == "a.txt"]
    assert href.startswith(f"{page_of(WELCOME)}/files/")
    assert (await ada.browser.get(href)).text == "content"


async def test_without_a_script_the_form_writes_there_and_leads_back(site: Site) -> None:
    ada = await member(site)
    form = {"markdown": "By the form", "parentId": ""}
    answer = await ada.browser.post(page_of(WELCOME), form)
    assert (answer.status, answer.location) == (303, f"{page_of(WELCOME)}#end")
    assert "By the form" in (await ada.browser.get(page_of(WELCOME))).text


def told(answer: Answer) -> tuple[int, str, str]:
    """What an answer says, but for the names that every request has of its own."""
    if answer.headers["Content-Type"].startswith("text/html"):
        return answer.status, str(answer.page.heading), answer.page.way_on[1]
    problem = answer.json()
    return answer.status, problem["code"], problem["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/spaces/{}",
        "/spaces/{}?before=x",
        "/spaces/{}/files/x/0",
        "/spaces/{}/pictures/x",
        "/api/spaces/{}/messages",
        "/api/spaces/{}/messages?before=x",
        "/api/spaces/{}/messages/x",
        "/api/spaces/{}/events",
    ],
)
async def test_an_outsider_does_not_learn_whether_there_is_such_a_space(
    site: Site, path: str
) -> None:
    """Others are in it and look, so that this replica knows what is said there."""
    ada = await member(site)
    outsider = await Member.sign_in(site, "outsider@example.com")
    message_id = await site.sandbox.say("a secret", room_id=WELCOME)
    async with ada.watching() as stream:
        await stream.saying("a secret")
        path = path.replace("x", message_id) if path.endswith("x") else path
        asked = [await outsider.browser.get(path.format(quote(one))) for one in (WELCOME, NOWHERE)]
    assert "secret" not in asked[0].text
    assert asked[0].status in (403, 404)
    assert told(asked[0])[:2] == told(asked[1])[:2]
    assert "no_such_space" in asked[0].text or "not" in asked[0].text


async def test_an_outsider_writes_nothing(site: Site) -> None:
    outsider = (await Member.sign_in(site, "outsider@example.com")).at(WELCOME)
    answers = [await one.write("hello") for one in (outsider, outsider.at(NOWHERE))]
    assert [told(answer) for answer in answers] == [told(answers[0])] * 2
    assert answers[0].status == 404


@pytest.mark.parametrize("room_id", ["x", "%00", "%2F..%2F", "%C3%A9", "A" * 600])
async def test_what_is_no_space_is_not_found(site: Site, room_id: str) -> None:
    ada = await member(site)
    answer = await ada.browser.get(f"/spaces/{room_id}")
    assert (answer.status, answer.page.heading) == (404, "This space is not among yours")


async def test_who_left_is_told_so_and_sees_nothing_more(site: Site) -> None:
    ada, grace = await member(site), await member(site, "grace@example.com")
    async with ada.watching() as stream, grace.watching() as hers:
        await stream.next("window")
        await hers.next("window")
        await site.sandbox.membership("ada@example.com", is_member=False, room_id=WELCOME)
        assert [event.data for event in await stream.ends()][-1] == {"reason": "not_member"}
        async with ada.watching() as again:
            assert (await again.problem())["code"] == "no_such_space"
        await site.sandbox.say("Still here", room_id=WELCOME)
        await hers.saying("Still here")
    answer = await ada.browser.get(ada.messages)
    assert (answer.status, answer.json()["code"]) == (404, "no_such_space")


async def test_a_message_of_another_space_is_not_in_this_one(site: Site) -> None:
    ada = await member(site)
    other = await site.sandbox.say("elsewhere", room_id=COFFEE)
    assert (await ada.browser.get(f"{ada.messages}/{other}")).status == 404
    assert (await ada.at(COFFEE).browser.get(f"{ada.at(COFFEE).messages}/{other}")).status == 200


async def test_a_failure_leads_back_to_the_spaces_own_page(site: Site) -> None:
    ada = await member(site)
    answer = await ada.browser.get(f"{page_of(WELCOME)}/files/nothing/0")
    assert answer.page.way_on == ("Back to the space", page_of(WELCOME))


async def test_each_space_has_its_own_viewers_and_costs_webex_once(site: Site) -> None:
    ada, grace = await member(site), await member(site, "grace@example.com")
    async with (
        ada.watching() as first,
        grace.watching() as second,
        ada.at(COFFEE).watching() as coffee,
    ):
        for stream in (first, second, coffee):
            await stream.next("window")
        await site.sandbox.say("In the other", room_id=COFFEE)
        await site.sandbox.say("In this one", room_id=WELCOME)
        for stream in (first, second):
            assert "In this one" in (await stream.next("message")).data["html"]
        assert "In the other" in (await coffee.saying("In the other")).data["html"]
        clock = asyncio.get_running_loop().time
        began = clock()
        await site.sandbox.forget_calls()

        async def several() -> bool:
            return await site.sandbox.calls(LIST) >= 12

        await eventually(several)
        calls = await site.sandbox.all_calls()
    # Two spaces, one poll each in a pause at most, and one each that was under way.
    assert calls[LIST] <= 2 * ((clock() - began) / PAUSE_SECONDS + 1)
    assert calls.get("GET /v1/rooms/{room_id}", 0) == 0


async def test_what_is_written_is_told_to_the_other_replica_and_to_no_other_space(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "QUIET_SECONDS", 600)
    monkeypatch.setattr(feed, "TALKING_SECONDS", 600)
    site = await make_site(replicas=2)
    ada = await member(site)
    async with ada.watching(replica=1) as stream, ada.at(COFFEE).watching(replica=1) as coffee:
        await stream.next("window")
        await coffee.next("window")
        await site.sandbox.forget_calls()
        await ada.write("Told through Redis")
        await stream.saying("Told through Redis")
        for _ in range(3):
            await coffee.next("beat")
        assert await site.sandbox.calls(LIST) == 1


async def test_the_limit_of_streams_counts_a_persons_spaces_together(make_site: MakeSite) -> None:
    site = await make_site(STREAMS_PER_PERSON="1")
    ada = await member(site)
    async with ada.watching() as first:
        await first.next("window")
        async with ada.at(COFFEE).watching() as second:
            await second.next("window")
            assert (await first.ends())[-1].data == {"reason": "too_many"}


async def test_more_spaces_than_are_served_at_once_are_refused_for_now(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_WATCHED", 1)
    ada = await member(site)
    async with ada.watching() as first:
        await first.next("window")
        async with ada.at(COFFEE).watching() as second:
            assert (second.status, (await second.problem())["code"]) == (503, "too_many_streams")
        async with ada.watching() as same:
            await same.next("window")


async def test_a_space_that_nobody_watches_any_more_is_let_go(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_WATCHED", 1)
    monkeypatch.setattr(feeds, "ROUND_SECONDS", 0.05)
    monkeypatch.setattr(feeds, "LET_GO_SECONDS", 0)
    site = await make_site()
    ada = await member(site)
    async with ada.watching() as first:
        await first.next("window")

    async def has_room() -> bool:
        async with ada.at(COFFEE).watching() as second:
            return second.status == 200

    await eventually(has_room)


async def test_webhooks_of_two_spaces_leave_each_other_alone(make_site: MakeSite) -> None:
    site = await make_site(WEBHOOKS="on")
    ada = await member(site)
    async with ada.watching() as first, ada.at(COFFEE).watching() as second:
        await first.next("window")
        await second.next("window")

        async def all_made() -> bool:
            return await site.sandbox.calls(MAKE) >= 8

        await eventually(all_made)
        await asyncio.sleep(0.5)
        assert (await site.sandbox.calls(MAKE), await site.sandbox.calls(REMOVE)) == (8, 0)


def test_an_id_of_any_letters_is_one_part_of_the_path() -> None:
    assert unquote(page_of("a/b?c#d%")) == "/spaces/a/b?c#d%"
    assert page_of("a/b?c#d%").count("/") == 2

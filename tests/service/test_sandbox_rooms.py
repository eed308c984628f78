"""/v1/rooms and the directory of people, as a page that lists spaces meets them."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.service.openapi import assert_valid
from tests.service.sandbox import Answer, Sandbox, assert_webex_error, running_sandbox
from webex_sandbox.space.bot import BOT, DEMO_BOT_TOKEN
from webex_sandbox.space.demo import DEMO_SPACE_ID, DEMO_SPACE_TITLE


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def ada(sandbox: Sandbox) -> str:
    return await sandbox.token_of("ada@example.com", "spark:rooms_read spark:people_read")


async def _rooms(sandbox: Sandbox, token: str, query: str = "") -> list[dict[str, Any]]:
    answer = await sandbox.request("GET", f"/v1/rooms{query}", token=token)
    assert answer.status == 200, answer.text
    assert_valid(answer.data, "GET", "/rooms")
    items: list[dict[str, Any]] = answer.data["items"]
    return items


def _next(answer: Answer) -> str:
    match = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
    return match[1] if match else ""


async def test_rooms_come_with_the_latest_activity_first(sandbox: Sandbox, ada: str) -> None:
    rooms = await _rooms(sandbox, ada, "?sortBy=lastactivity")
    activity = [room["lastActivity"] for room in rooms]
    assert len(rooms) > 25
    assert activity == sorted(activity, reverse=True)


async def test_rooms_can_be_sorted_and_picked_by_type(sandbox: Sandbox, ada: str) -> None:
    groups = await _rooms(sandbox, ada, "?type=group")
    direct = await _rooms(sandbox, ada, "?type=direct")
    every = await _rooms(sandbox, ada)
    assert {room["type"] for room in groups} == {"group"}
    assert {room["title"] for room in direct} >= {"Grace Hopper", "Zoë Ångström"}
    assert len(groups) + len(direct) == len(every)
    assert [room["id"] for room in every] == sorted(room["id"] for room in every)


async def test_a_room_of_two_carries_the_name_of_the_other(sandbox: Sandbox, ada: str) -> None:
    grace = await sandbox.token_of("grace@example.com")
    direct = await _rooms(sandbox, grace, "?type=direct")
    assert [room["title"] for room in direct] == ["Ada Lovelace"]
    assert direct[0]["id"] in {room["id"] for room in await _rooms(sandbox, ada, "?type=direct")}


async def test_pages_follow_each_other_until_every_room_came_once(
    sandbox: Sandbox, ada: str
) -> None:
    whole = await _rooms(sandbox, ada, "?sortBy=lastactivity")
    address, seen = "/v1/rooms?sortBy=lastactivity&max=10", list[str]()
    while address:
        page = await sandbox.request("GET", address, token=ada)
        assert len(page.data["items"]) <= 10
        seen += [room["id"] for room in page.data["items"]]
        address = _next(page)
        assert not address or address.startswith(f"{sandbox.url}/v1/rooms?")
    assert seen == [room["id"] for room in whole]


@pytest.mark.parametrize(
    "query", ["?max=0", "?max=x", "?max=-1", "?type=team", "?sortBy=title", "?cursor=%21"]
)
async def test_a_list_that_makes_no_sense_is_refused(
    sandbox: Sandbox, ada: str, query: str
) -> None:
    assert_webex_error(await sandbox.request("GET", f"/v1/rooms{query}", token=ada), 400)


async def test_rooms_need_their_own_scope(sandbox: Sandbox) -> None:
    token = await sandbox.token_of("ada@example.com", "spark:people_read spark:messages_read")
    for path in ("/v1/rooms", f"/v1/rooms/{DEMO_SPACE_ID}"):
        assert_webex_error(await sandbox.request("GET", path, token=token), 403)


async def test_whoever_comes_for_the_first_time_is_in_some_rooms(sandbox: Sandbox) -> None:
    token = await sandbox.token_of("person001@example.com")
    assert len(await _rooms(sandbox, token)) == 3
    assert len(await _rooms(sandbox, token)) == 3


async def test_a_room_is_there_for_its_members_and_for_nobody_else(
    sandbox: Sandbox, ada: str
) -> None:
    path = f"/v1/rooms/{DEMO_SPACE_ID}"
    mine = await sandbox.request("GET", path, token=DEMO_BOT_TOKEN)
    assert_valid(mine.data, "GET", "/rooms/{roomId}")
    assert mine.data["title"] == DEMO_SPACE_TITLE
    assert_webex_error(await sandbox.request("GET", path, token=ada), 404)
    assert_webex_error(await sandbox.request("GET", "/v1/rooms/nowhere", token=ada), 404)


async def test_the_bot_has_a_token_of_three_parts_and_says_that_it_is_a_bot(
    sandbox: Sandbox,
) -> None:
    assert len(DEMO_BOT_TOKEN.split("_")) == 3
    me = await sandbox.request("GET", "/v1/people/me", token=DEMO_BOT_TOKEN)
    assert (me.data["type"], me.data["emails"]) == ("bot", ["events@webex.bot"])
    assert_valid(me.data, "GET", "/people/me")


async def test_nobody_signs_in_as_the_bot(sandbox: Sandbox) -> None:
    page = await sandbox.request("POST", sandbox.authorize_url(), data={"email": BOT.email})
    assert page.status == 400


async def test_people_are_found_by_address_name_and_id(sandbox: Sandbox, ada: str) -> None:
    by_email = await sandbox.request("GET", "/v1/people?email=grace@example.com", token=ada)
    by_name = await sandbox.request("GET", "/v1/people?displayName=grace", token=ada)
    person_id = by_email.data["items"][0]["id"]
    by_ids = await sandbox.request("GET", f"/v1/people?id={person_id},nobody", token=ada)
    one = await sandbox.request("GET", f"/v1/people/{person_id}", token=ada)
    for answer in (by_email, by_name, by_ids):
        assert_valid(answer.data, "GET", "/people")
        assert [person["displayName"] for person in answer.data["items"]] == ["Grace Hopper"]
    assert by_ids.data["notFoundIds"] == ["nobody"]
    assert_valid(one.data, "GET", "/people/{personId}")
    assert one.data["displayName"] == "Grace Hopper"


async def test_the_directory_is_not_given_away_whole(sandbox: Sandbox, ada: str) -> None:
    assert_webex_error(await sandbox.request("GET", "/v1/people", token=ada), 400)
    too_many = ",".join(["x"] * 86)
    assert_webex_error(await sandbox.request("GET", f"/v1/people?id={too_many}", token=ada), 400)
    assert_webex_error(await sandbox.request("GET", "/v1/people/nobody", token=ada), 404)
    empty = await sandbox.request("GET", "/v1/people?email=x@elsewhere.example", token=ada)
    assert empty.data["items"] == []

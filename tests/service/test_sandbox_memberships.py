"""/v1/memberships, as a bot that adds people meets it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.service.openapi import assert_valid
from tests.service.sandbox import Answer, Sandbox, assert_webex_error, running_sandbox
from webex_sandbox.space.bot import DEMO_BOT_TOKEN
from webex_sandbox.space.demo import DEMO_SPACE_ID


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


async def _add(sandbox: Sandbox, token: str = DEMO_BOT_TOKEN, **changed: Any) -> Answer:
    body = {"roomId": DEMO_SPACE_ID, "personEmail": "ada@example.com", **changed}
    return await sandbox.request("POST", "/v1/memberships", token=token, json=body)


async def test_the_bot_adds_a_person_and_the_answer_is_200(sandbox: Sandbox) -> None:
    answer = await _add(sandbox)
    assert answer.status == 200
    assert_valid(answer.data, "POST", "/memberships")
    assert answer.data["personDisplayName"] == "Ada Lovelace"
    assert answer.data["isModerator"] is False
    ada = await sandbox.token_of("ada@example.com")
    assert (await sandbox.request("GET", f"/v1/rooms/{DEMO_SPACE_ID}", token=ada)).status == 200


async def test_a_person_can_be_added_by_id(sandbox: Sandbox) -> None:
    ada = await sandbox.token_of("ada@example.com")
    me = await sandbox.request("GET", "/v1/people/me", token=ada)
    answer = await _add(sandbox, personEmail=None, personId=me.data["id"])
    assert (answer.status, answer.data["personEmail"]) == (200, "ada@example.com")


async def test_who_is_there_already_gets_409(sandbox: Sandbox) -> None:
    await _add(sandbox)
    answer = await _add(sandbox)
    assert_webex_error(answer, 409)
    assert answer.data["message"] == "User is already a participant in the room."


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"personEmail": "nobody@elsewhere.example"}, 404),
        ({"personEmail": None, "personId": "nobody"}, 404),
        ({"personEmail": None}, 400),
        ({"roomId": "nowhere"}, 404),
        ({"roomId": None}, 400),
        ({"isModerator": "yes"}, 400),
    ],
)
async def test_an_addition_that_makes_no_sense_is_refused(
    sandbox: Sandbox, changed: dict[str, Any], status: int
) -> None:
    assert_webex_error(await _add(sandbox, **changed), status)


async def test_who_is_not_in_the_room_adds_nobody(sandbox: Sandbox) -> None:
    alan = await sandbox.token_of("ada@example.com")
    assert_webex_error(await _add(sandbox, alan), 404)
    await sandbox.control("PUT", "/memberships", {"email": "events@webex.bot", "is_member": False})
    assert_webex_error(await _add(sandbox), 404)


async def test_in_a_moderated_room_only_moderators_add_people(sandbox: Sandbox) -> None:
    await sandbox.control("PATCH", "/rooms", {"is_locked": True})
    alan = await sandbox.token_of("alan@example.com")
    assert_webex_error(await _add(sandbox, alan), 403)
    await sandbox.control(
        "PUT", "/memberships", {"email": "events@webex.bot", "is_moderator": False}
    )
    assert_webex_error(await _add(sandbox), 403)
    grace = await sandbox.token_of("grace@example.com")
    assert (await _add(sandbox, grace)).status == 200


async def test_adding_needs_the_scope_to_write(sandbox: Sandbox) -> None:
    grace = await sandbox.token_of("grace@example.com", "spark:memberships_read")
    assert_webex_error(await _add(sandbox, grace), 403)


async def test_a_room_that_is_gone_is_gone_for_everybody(sandbox: Sandbox) -> None:
    await sandbox.control("PATCH", "/rooms", {"is_gone": True})
    assert_webex_error(await _add(sandbox), 404)


async def test_members_are_listed_with_their_names(sandbox: Sandbox) -> None:
    zoe = await sandbox.token_of("zoe@example.com", "spark:memberships_read")
    path = f"/v1/memberships?roomId={DEMO_SPACE_ID}"
    answer = await sandbox.request("GET", path, token=zoe)
    assert_valid(answer.data, "GET", "/memberships")
    names = {member["personDisplayName"] for member in answer.data["items"]}
    assert names == {"Events", "Grace Hopper", "Alan Turing", "Zoë Ångström"}
    one = await sandbox.request("GET", f"{path}&personEmail=alan@example.com", token=zoe)
    assert [member["personEmail"] for member in one.data["items"]] == ["alan@example.com"]
    nobody = await sandbox.request("GET", f"{path}&personEmail=ada@example.com", token=zoe)
    assert nobody.data["items"] == []
    page = await sandbox.request("GET", f"{path}&max=1", token=zoe)
    assert 'rel="next"' in page.headers["Link"]


async def test_members_are_not_shown_to_outsiders(sandbox: Sandbox) -> None:
    ada = await sandbox.token_of("ada@example.com")
    path = f"/v1/memberships?roomId={DEMO_SPACE_ID}"
    assert_webex_error(await sandbox.request("GET", path, token=ada), 404)
    assert_webex_error(await sandbox.request("GET", "/v1/memberships?personId=x", token=ada), 400)


async def test_one_membership_can_be_read_and_ended(sandbox: Sandbox) -> None:
    membership = (await _add(sandbox)).data
    path = f"/v1/memberships/{membership['id']}"
    ada = await sandbox.token_of("ada@example.com")
    read = await sandbox.request("GET", path, token=ada)
    assert_valid(read.data, "GET", "/memberships/{membershipId}")
    assert read.data == membership
    assert (await sandbox.request("DELETE", path, token=ada)).status == 204
    assert_webex_error(await sandbox.request("GET", path, token=ada), 404)
    assert (await _add(sandbox)).status == 200


async def test_in_a_moderated_room_nobody_but_a_moderator_removes_others(sandbox: Sandbox) -> None:
    membership = (await _add(sandbox)).data
    await sandbox.control("PATCH", "/rooms", {"is_locked": True})
    path = f"/v1/memberships/{membership['id']}"
    alan = await sandbox.token_of("alan@example.com")
    assert_webex_error(await sandbox.request("DELETE", path, token=alan), 403)
    grace = await sandbox.token_of("grace@example.com")
    assert (await sandbox.request("DELETE", path, token=grace)).status == 204


async def test_nobody_is_added_to_a_room_of_two(sandbox: Sandbox) -> None:
    ada = await sandbox.token_of("ada@example.com")
    rooms = await sandbox.request("GET", "/v1/rooms?type=direct", token=ada)
    room_id = rooms.data["items"][0]["id"]
    answer = await _add(sandbox, ada, roomId=room_id, personEmail="zoe@example.com")
    assert answer.status in {400, 409}
    answer = await _add(sandbox, ada, roomId=room_id, personEmail="person001@example.com")
    assert_webex_error(answer, 400)

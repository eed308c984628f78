"""Teams, who is in them, and the rooms that people open, change and close."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.service.openapi import assert_valid
from tests.service.sandbox import Answer, Sandbox, assert_webex_error, running_sandbox
from webex_sandbox.space.demo import DEMO_SPACE_ID

ALAN = "alan@example.com"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running_sandbox() as running:
        yield running


class Person:
    """Somebody with a token, whose answers are held against Cisco's description."""

    def __init__(self, sandbox: Sandbox, token: str) -> None:
        self._sandbox = sandbox
        self._token = token

    async def ask(self, method: str, path: str, body: Any = None, valid: str = "") -> Answer:
        answer = await self._sandbox.request(
            method, f"/v1{path}", token=self._token, **({"json": body} if body else {})
        )
        if valid:
            assert answer.status == 200, answer.text
            assert_valid(answer.data, method, valid)
        return answer


@pytest.fixture
async def grace(sandbox: Sandbox) -> Person:
    return Person(sandbox, await sandbox.token_of("grace@example.com"))


@pytest.fixture
async def alan(sandbox: Sandbox) -> Person:
    return Person(sandbox, await sandbox.token_of(ALAN))


async def test_a_room_is_opened_changed_and_closed(grace: Person) -> None:
    room = (await grace.ask("POST", "/rooms", {"title": "New"}, "/rooms")).data
    path = f"/rooms/{room['id']}"
    members = (await grace.ask("GET", f"/memberships?roomId={room['id']}")).data["items"]
    assert [member["personEmail"] for member in members] == ["grace@example.com"]
    changed = {"title": "Newer", "isLocked": True, "isAnnouncementOnly": True, "description": "x"}
    answer = await grace.ask("PUT", path, changed, "/rooms/{roomId}")
    assert changed.items() <= answer.data.items()
    info = (await grace.ask("GET", f"{path}/meetingInfo", valid="/rooms/{roomId}/meetingInfo")).data
    assert info["roomId"] == room["id"]
    assert (await grace.ask("DELETE", path)).status == 204
    assert_webex_error(await grace.ask("GET", path), 404)


async def test_a_moderated_room_is_changed_by_moderators_only(alan: Person) -> None:
    rooms = (await alan.ask("GET", "/rooms?max=100")).data["items"]
    locked = next(room["id"] for room in rooms if room["isLocked"])
    assert_webex_error(await alan.ask("PUT", f"/rooms/{locked}", {"title": "Mine"}), 403)
    assert_webex_error(await alan.ask("DELETE", f"/rooms/{locked}"), 403)
    direct = (await alan.ask("GET", "/rooms?type=direct")).data["items"][0]["id"]
    assert_webex_error(await alan.ask("DELETE", f"/rooms/{direct}"), 400)


async def test_a_membership_can_be_changed(grace: Person) -> None:
    members = (await grace.ask("GET", f"/memberships?roomId={DEMO_SPACE_ID}")).data["items"]
    path = next(f"/memberships/{one['id']}" for one in members if one["personEmail"] == ALAN)
    body = {"isModerator": True, "isRoomHidden": False}
    changed = await grace.ask("PUT", path, body, "/memberships/{membershipId}")
    assert changed.data["isModerator"] is True
    hidden = {"isModerator": True, "isRoomHidden": True}
    assert_webex_error(await grace.ask("PUT", path, hidden), 400)


async def test_two_people_read_what_they_wrote_to_each_other(grace: Person, alan: Person) -> None:
    path = f"/messages/direct?personEmail={ALAN}"
    assert_webex_error(await grace.ask("GET", path), 404)
    await grace.ask("POST", "/messages", {"toPersonEmail": ALAN, "text": "psst"})
    [message] = (await grace.ask("GET", path, valid="/messages/direct")).data["items"]
    assert message["text"] == "psst"
    back = "/messages/direct?personEmail=grace@example.com"
    assert (await alan.ask("GET", back)).data["items"] == [message]
    assert_webex_error(await grace.ask("GET", "/messages/direct"), 400)


async def test_a_file_of_the_sandboxs_own_can_be_sent_by_its_address(
    sandbox: Sandbox, grace: Person
) -> None:
    said = await sandbox.control(
        "POST", "/messages", {"text": "x", "file_name": "a.txt", "file_text": "inside"}
    )
    body = {"roomId": DEMO_SPACE_ID, "files": said["files"]}
    sent = await grace.ask("POST", "/messages", body, "/messages")
    [address] = sent.data["files"]
    assert address != said["files"][0]
    assert (await grace.ask("GET", address.partition("/v1")[2])).text == "inside"
    body["files"] = ["https://example.com/a.png"]
    assert_webex_error(await grace.ask("POST", "/messages", body), 400)


async def test_a_team_has_members_and_a_general_room(grace: Person, alan: Person) -> None:
    team = (await grace.ask("POST", "/teams", {"name": "Builders"}, "/teams")).data
    path = f"/teams/{team['id']}"
    assert_webex_error(await alan.ask("GET", path), 404)
    body = {"teamId": team["id"], "personEmail": ALAN}
    member = (await grace.ask("POST", "/team/memberships", body, "/team/memberships")).data
    assert_webex_error(await grace.ask("POST", "/team/memberships", body), 409)
    assert (await alan.ask("GET", "/teams", valid="/teams")).data["items"] == [team]
    general = (await alan.ask("GET", f"/rooms?teamId={team['id']}")).data["items"]
    assert [room["title"] for room in general] == ["Builders"]
    assert_webex_error(await alan.ask("PUT", path, {"name": "Mine"}), 403)
    renamed = await grace.ask("PUT", path, {"name": "B", "description": "x"}, "/teams/{teamId}")
    assert renamed.data["description"] == "x"
    listed = f"/team/memberships?teamId={team['id']}"
    assert len((await alan.ask("GET", listed, valid="/team/memberships")).data["items"]) == 2
    place = f"/team/memberships/{member['id']}"
    template = "/team/memberships/{membershipId}"
    assert (await alan.ask("GET", place, valid=template)).data == member
    assert_webex_error(await alan.ask("PUT", place, {"isModerator": True}), 403)
    promoted = await grace.ask("PUT", place, {"isModerator": True}, template)
    assert promoted.data["isModerator"] is True
    assert (await alan.ask("DELETE", place)).status == 204
    assert (await grace.ask("DELETE", path)).status == 204
    assert (await grace.ask("GET", f"/rooms?teamId={team['id']}")).data["items"] == []

"""The list of members: fresh for everybody, and kept old by nobody."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from multidict import CIMultiDict

from app_service.space.members import Members
from app_service.webex import Webex, WebexPage
from common.webex.http import WebexAnswer, WebexRefusal, WebexSlow


class FakeWebex(Webex):
    """Refuses the tokens that it is told to refuse."""

    def __init__(self, **refused: int) -> None:
        self._refused = refused
        self.asked: list[str] = []

    async def memberships(self, token: str, _: str, *, at_most: int) -> WebexPage:
        assert at_most
        self.asked.append(token)
        if token in self._refused:
            raise WebexRefusal(WebexAnswer(self._refused[token], CIMultiDict[str](), {}))
        return WebexPage([{"personId": "ada", "personDisplayName": "Ada"}], None)


def members(webex: Any) -> Members:
    return Members(webex, "room", ())


async def test_the_list_is_read_once_for_everybody() -> None:
    webex = FakeWebex()
    ours = members(webex)
    for token in ("ada", "grace", "ada"):
        await ours.refresh(token)
    assert webex.asked == ["ada"]
    assert ours.ids == {"ada"}


async def test_an_outsider_does_not_keep_the_list_old_by_asking_for_it() -> None:
    webex = FakeWebex(outsider=404)
    ours = members(webex)
    for token in ("outsider", "outsider", "ada"):
        await ours.refresh(token)
    assert webex.asked == ["outsider", "ada"]
    assert ours.ids == {"ada"}


@pytest.mark.parametrize("status", [401, 429])
async def test_a_refusal_that_others_must_hear_of_is_raised(status: int) -> None:
    with pytest.raises(WebexRefusal):
        await members(FakeWebex(ada=status)).refresh("ada")


class BadDay:
    """Webex after it has answered once: slow in everything."""

    def __init__(self) -> None:
        self.asked = 0

    async def memberships(self, _: str, __: str, *, at_most: int) -> WebexPage:
        assert at_most
        self.asked += 1
        await asyncio.sleep(0)
        raise WebexSlow

    async def people(self, _: str, ids: Iterable[str]) -> list[dict[str, str]]:
        self.asked += 1
        if self.asked > 1:
            raise WebexSlow
        return [{"id": one, "displayName": "Alan Turing"} for one in ids]


async def test_a_list_that_hangs_is_waited_for_once_and_not_by_everybody_in_turn() -> None:
    webex = BadDay()
    ours = members(webex)
    await asyncio.gather(*(ours.refresh(f"token {number}") for number in range(20)))
    assert webex.asked == 1


class Hanging(BadDay):
    """Webex that has answered once, and then never."""

    async def memberships(self, _: str, __: str, *, at_most: int) -> WebexPage:
        self.asked += at_most
        await asyncio.Event().wait()
        raise WebexSlow


async def test_who_needs_nothing_new_waits_for_nobody_elses_question() -> None:
    webex = Hanging()
    ours = members(webex)
    await ours.know("ada", ["alan"])
    hanging = asyncio.create_task(ours.refresh("grace"))
    await asyncio.sleep(0)
    await asyncio.wait_for(ours.know("ada", ["alan"]), 5)
    assert not hanging.done()
    hanging.cancel()


async def test_who_was_known_stays_known_while_webex_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    webex = BadDay()
    ours = members(webex)
    await ours.know("ada", ["alan"])
    monkeypatch.setattr("app_service.space.members.PROFILES_SECONDS", -1)
    await ours.know("ada", ["alan"])
    assert webex.asked == 2
    assert ours.member("alan").name == "Alan Turing"

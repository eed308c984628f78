"""The list of members: fresh for everybody, and kept old by nobody."""

from typing import Any

import pytest
from multidict import CIMultiDict

from app_service.members import Members
from app_service.webex_page import WebexPage
from common.webex_http import WebexAnswer, WebexRefusal


class FakeWebex:
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

"""Who can be mentioned: people of the space by the beginning of a name, told to people of the space only."""

import pytest

from harness.site import Site
from tests.member import Member

PEOPLE = "/api/space/people"
LIST = "GET /v1/memberships"


async def names(member: Member, start: str) -> list[str]:
    answer = await member.browser.get(f"{PEOPLE}?name={start}")
    assert answer.status == 200
    return [each["name"] for each in answer.json()["items"]]


@pytest.mark.parametrize("start", ["gra", "GRACE", "hop", "grace%20h"])
async def test_somebody_is_found_by_the_beginning_of_a_word_of_their_name(
    site: Site, start: str
) -> None:
    ada = await Member.enter(site)
    assert await names(ada, start) == ["Grace Hopper"]
    assert await names(ada, "race") == []


async def test_who_is_not_in_the_space_is_told_nobody_s_name(site: Site) -> None:
    await Member.enter(site)
    linus = await Member.sign_in(site, "linus@example.com")
    await site.sandbox.membership("linus@example.com", is_member=False)
    assert await names(linus, "") == []


async def test_each_letter_costs_webex_no_call(site: Site) -> None:
    ada = await Member.enter(site)
    before = await site.sandbox.calls(LIST)
    for start in ("g", "gr", "gra", "grac"):
        await names(ada, start)
    assert await site.sandbox.calls(LIST) == before

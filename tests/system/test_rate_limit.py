"""Many starts from one address are answered by nginx: 429, with a time to wait."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.browser_like import Browser
from tests.pages import PageText
from tests.stack import Stack


@pytest.fixture
def narrow_door() -> Iterator[Stack]:
    """Lets three requests in, then one a minute: no test waits for the next."""
    with Stack(only=["nginx"], SIGN_IN_RATE="1r/m", SIGN_IN_BURST="2") as running:
        yield running


@pytest.fixture
async def opened(narrow_door: Stack) -> AsyncIterator[Browser]:
    async with Browser(narrow_door.url, lambda _: narrow_door.url) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/login", "/oauth?code=c&state=s"])
async def test_too_many_sign_ins_from_one_address_are_told_when_to_come_again(
    opened: Browser, path: str
) -> None:
    answers = [await opened.get(path) for _ in range(5)]
    # 502, because behind this door there is nobody.
    assert [answer.status for answer in answers] == [502, 502, 502, 429, 429]
    assert answers[-1].headers["Retry-After"] == "5"
    assert PageText.of(answers[-1].text).heading == "Too many requests"
    assert answers[-1].headers["X-Content-Type-Options"] == "nosniff"


async def test_the_limit_holds_for_both_steps_of_a_sign_in_together(opened: Browser) -> None:
    paths = ("/login", "/oauth", "/login", "/oauth")
    assert [(await opened.get(path)).status for path in paths] == [502, 502, 502, 429]


async def test_no_header_and_no_spelling_makes_another_address_of_the_same(
    opened: Browser,
) -> None:
    for _ in range(3):
        await opened.get("/login")
    for claim in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X_Forwarded_For", "True-Client-IP"):
        answer = await opened.send("GET", "/login", headers={claim: "192.0.2.9"})
        assert answer.status == 429
    for spelling in ("/login?x=1", "/%6cogin", "//login", "/x/../login", "/./login"):
        assert (await opened.get(spelling)).status == 429, spelling


async def test_other_pages_are_not_limited_with_the_sign_ins(opened: Browser) -> None:
    statuses = {(await opened.get(path)).status for path in ("/", "/logout", "/sessions") * 5}
    assert statuses == {502}

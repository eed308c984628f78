"""/widget/official, without a browser: what it takes to get to Cisco's widget."""

from urllib.parse import parse_qs, urlsplit

import pytest

from harness.site import Site
from tests.conftest import MakeSite
from tests.member import OURS, Member
from webex_sandbox.space.demo import DEMO_SPACE_ID

ALL = "spark:people_read spark:all spark:kms"
REAL = {
    "PUBLIC_URL": "https://example.org",
    "SESSION_KEYS": "a-key-of-the-tests-only-0123456789-abcdef",
    "WEBHOOKS": "off",
    "SPACE_ID": DEMO_SPACE_ID,
    "OFFICIAL_WIDGET": "on",
}
TOKEN = "/api/widget/token"


async def test_it_is_off_until_somebody_switches_it_on(site: Site) -> None:
    ada = await Member.sign_in(site)
    answer = await ada.browser.get("/widget/official")
    assert (answer.status, answer.page.heading) == (404, "Cisco's Space widget is switched off")
    assert "OFFICIAL_WIDGET=on" in answer.page.text
    assert "the sandbox cannot stand in" in answer.page.text
    assert "/widget/official" not in (await ada.browser.get("/")).text
    assert (await ada.browser.send("POST", TOKEN, headers=OURS)).status == 404


async def test_in_the_sandbox_the_page_explains_and_gives_no_token(make_site: MakeSite) -> None:
    site = await make_site(OFFICIAL_WIDGET="on", SCOPES_MAX=ALL)
    browser = await site.browser()
    await browser.sign_in(scope=ALL)
    page = (await browser.get("/widget/official")).page
    assert page.heading == "Cisco's Space widget needs the real Webex"
    assert "/widget/official" in [href for _, href in (await browser.get("/")).page.links]
    assert (await browser.send("POST", TOKEN, headers=OURS)).status == 404


async def test_it_asks_for_all_of_webex_and_nothing_else(make_site: MakeSite) -> None:
    site = await make_site(**REAL, SCOPES_MAX=ALL)
    browser = await site.browser()
    await browser.sign_in()
    way_on = (await browser.get("/widget/official")).page.way_on[1]
    assert parse_qs(urlsplit(way_on).query) == {
        "next": ["/widget/official"],
        "scope": ["spark:all spark:kms"],
    }
    answer = await browser.send("POST", TOKEN, headers=OURS)
    assert (answer.status, answer.json()["code"]) == (403, "scope_missing")


async def test_a_scope_that_the_operator_does_not_offer_is_named(make_site: MakeSite) -> None:
    site = await make_site(**REAL)
    ada = await Member.sign_in(site)
    answer = await ada.browser.get("/widget/official")
    assert answer.status == 503
    assert "spark:all" in answer.page.text
    assert "SCOPES_MAX" in answer.page.text


@pytest.mark.parametrize(
    "headers", [{}, {"X_Requested_With": "widget", "Sec_Fetch_Site": "cross-site"}]
)
async def test_the_token_is_for_our_own_page_only(
    make_site: MakeSite, headers: dict[str, str]
) -> None:
    site = await make_site(**REAL, SCOPES_MAX=ALL)
    browser = await site.browser()
    await browser.sign_in(scope=ALL)
    assert (await browser.send("POST", TOKEN, headers=headers)).status == 403
    assert (await browser.get(TOKEN)).status == 405
    answer = await browser.send("POST", TOKEN, headers=OURS)
    assert answer.headers["Cache-Control"] == "no-store"
    tokens = (await site.sandbox.confidential())["access_token"]
    assert answer.json()["accessToken"] in tokens

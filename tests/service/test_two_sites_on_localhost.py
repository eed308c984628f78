"""Cookies know no ports: what another site on localhost calls its own is none of ours, nor ours its."""

from harness.browser_like import Answer, Browser
from harness.sandbox_control import REVOKE
from harness.site import Site
from tests.conftest import MakeSite

FORMER = "session"


def deleted(answer: Answer) -> set[str]:
    return {cookie.name for cookie in answer.cookies if cookie.deletes}


async def test_signing_in_at_one_site_ends_nothing_at_another(make_site: MakeSite) -> None:
    here, there = await make_site(), await make_site(PUBLIC_URL="http://localhost:9090")
    mine, other = await here.browser(), await there.browser()
    other.cookies = mine.cookies  # one browser: its cookies go to every port
    await mine.sign_in()
    await other.sign_in("grace@example.com")
    assert (await mine.get("/api/me")).json()["displayName"] == "Ada Lovelace"
    assert (await other.get("/api/me")).json()["displayName"] == "Grace Hopper"
    await other.post("/logout")
    assert (await mine.get("/api/me")).status == 200


async def test_a_cookie_that_another_site_calls_session_is_left_alone(browser: Browser) -> None:
    """It is what Flask and Starlette call theirs."""
    browser.cookies[FORMER] = "eyJ1c2VyIjoxfQ.aSpNqA.signature"
    signed_in = await browser.sign_in()
    assert (await browser.get("/api/me")).status == 200
    signed_out = await browser.post("/logout")
    assert FORMER not in deleted(signed_in) | deleted(signed_out)
    assert browser.cookies == {FORMER: "eyJ1c2VyIjoxfQ.aSpNqA.signature"}


async def _with_former_name(site: Site) -> Browser:
    browser = await site.browser()
    await browser.sign_in()
    browser.cookies = {FORMER: str(browser.session_cookie)}
    return browser


async def test_a_session_that_goes_by_the_former_name_lives_until_it_ends(site: Site) -> None:
    browser = await _with_former_name(site)
    assert (await browser.get("/api/me")).json()["displayName"] == "Ada Lovelace"
    signed_out = await browser.post("/logout")
    assert deleted(signed_out) == {FORMER, browser.session_name}
    assert await site.sandbox.calls(REVOKE) == 2


async def test_signing_in_again_ends_the_session_that_goes_by_the_former_name(site: Site) -> None:
    browser = await _with_former_name(site)
    former = browser.cookies[FORMER]
    assert FORMER in deleted(await browser.sign_in("grace@example.com"))
    assert (await browser.get("/api/me")).json()["displayName"] == "Grace Hopper"
    assert (await browser.get("/api/me", Cookie=f"{FORMER}={former}")).status == 401

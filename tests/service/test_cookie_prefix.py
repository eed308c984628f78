"""Over https a session's cookie has two spellings: one is written, both are read (COOKIE_PREFIX)."""

from itertools import permutations

import pytest

from common.settings.service import HOST_PREFIX, HTTP_ONLY_PREFIX
from harness.browser_like import Answer, Browser
from harness.device import Device
from harness.sandbox_control import REVOKE
from harness.site import HTTPS, Site
from tests.conftest import MakeSite

PREFIXES = (HTTP_ONLY_PREFIX, HOST_PREFIX)
OTHER = dict(zip(PREFIXES, reversed(PREFIXES), strict=True))


@pytest.fixture(params=PREFIXES)
def prefix(request: pytest.FixtureRequest) -> str:
    """What the site is told to write."""
    return str(request.param)


@pytest.fixture
async def site(make_site: MakeSite, prefix: str) -> Site:
    return await make_site(**HTTPS, COOKIE_PREFIX=prefix)


@pytest.fixture
async def browser(site: Site) -> Browser:
    return await site.browser()


def respelt(browser: Browser, name: str, *, to: str) -> None:
    """Have the browser hold a cookie as if it had been given under the other name."""
    browser.cookies[f"{to}{name}"] = browser.cookies.pop(f"{OTHER[to]}{name}")


def deleted(answer: Answer) -> set[str]:
    return {cookie.name for cookie in answer.cookies if cookie.deletes}


async def is_ada(browser: Browser) -> bool:
    answer = await browser.get("/api/me")
    return answer.status == 200 and answer.json()["displayName"] == "Ada Lovelace"


async def test_what_is_written_is_what_the_site_is_told(browser: Browser, prefix: str) -> None:
    await browser.sign_in()
    assert f"{prefix}session" in browser.cookies
    assert f"{OTHER[prefix]}session" not in browser.cookies


async def test_a_session_under_the_other_name_lives_and_a_sign_out_deletes_both(
    site: Site, browser: Browser, prefix: str
) -> None:
    await browser.sign_in()
    respelt(browser, "session", to=OTHER[prefix])
    assert await is_ada(browser)
    assert (await browser.get("/sessions")).status == 200
    signed_out = await browser.post("/logout")
    assert deleted(signed_out) >= {f"{prefix}session", f"{OTHER[prefix]}session"}
    assert await site.sandbox.calls(REVOKE) == 2
    assert not await is_ada(browser)


async def test_a_new_sign_in_ends_the_session_under_the_other_name(
    browser: Browser, prefix: str
) -> None:
    await browser.sign_in()
    respelt(browser, "session", to=OTHER[prefix])
    former = browser.cookies[f"{OTHER[prefix]}session"]
    answer = await browser.sign_in("grace@example.com")
    assert f"{OTHER[prefix]}session" in deleted(answer)
    assert (await browser.get("/api/me")).json()["displayName"] == "Grace Hopper"
    gone = await browser.get("/api/me", Cookie=f"{OTHER[prefix]}session={former}")
    assert gone.status == 401


async def test_of_both_the_one_that_is_written_counts(site: Site, prefix: str) -> None:
    """A script can set the lesser one, and no more than set it."""
    ada, planted = await site.browser(), await site.browser()
    await ada.sign_in()
    await planted.sign_in("grace@example.com")
    ada.cookies[f"{OTHER[prefix]}session"] = planted.cookies[f"{prefix}session"]
    assert await is_ada(ada)


async def test_the_short_cookie_of_a_bound_session_has_one_name(
    browser: Browser, prefix: str
) -> None:
    """Under the other one Chromium binds nothing."""
    del prefix
    device = Device()
    registered = await device.registers(browser, await browser.sign_in())
    assert registered.json()["credentials"][0]["name"] == "__Host-bound"
    assert "__Host-bound" in browser.cookies


async def test_while_the_setting_changes_every_replica_knows_every_session(
    make_site: MakeSite,
) -> None:
    both = [await make_site(**HTTPS, COOKIE_PREFIX=prefix) for prefix in PREFIXES]
    for here, there in permutations(both):
        browser, elsewhere = await here.browser(), await there.browser()
        await browser.sign_in()
        elsewhere.cookies = dict(browser.cookies)
        assert await is_ada(browser)
        assert await is_ada(elsewhere)
        await elsewhere.post("/logout")
        assert not await is_ada(browser)

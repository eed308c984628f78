"""Which answers app_service offers to nginx for everybody (X-Accel-Expires)."""

from harness.site import Site
from tests.conftest import MakeSite

OFFER = "X-Accel-Expires"


async def test_the_home_page_for_strangers_may_be_given_to_all_for_ten_seconds(site: Site) -> None:
    browser = await site.browser()
    answer = await browser.get("/")
    assert answer.headers[OFFER] == "10"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.cookies == []


async def test_no_other_page_is_offered_to_others(site: Site) -> None:
    browser = await site.browser()
    await browser.sign_in()
    for path in ("/", "/spaces", "/api/me", "/login", "/nothing", "/widget"):
        assert OFFER not in (await browser.get(path)).headers, path


async def test_a_page_that_somebody_works_on_is_made_each_time(make_site: MakeSite) -> None:
    site = await make_site(LOCAL_DOOR="on")
    browser = await site.browser()
    assert OFFER not in (await browser.get("/")).headers

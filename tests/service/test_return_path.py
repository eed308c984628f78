"""Where a whole sign-in ends: on this site, whatever `next` said."""

from urllib.parse import urlencode, urlsplit

from yarl import URL

from harness.browser_like import Browser
from harness.redis_server import RedisServer
from tests.hostile_paths import ROUND_TRIPS, hostile_paths


async def test_after_a_whole_sign_in_none_of_800_hostile_values_leads_elsewhere(
    browser: Browser,
) -> None:
    """Judged by two parsers, the standard library's and yarl; every other value, for time's sake."""
    corpus = hostile_paths()[::2]
    await browser.sign_in()
    strayed = []
    for value in corpus:
        location = await _location_after_sign_in(browser, value)
        origins = {
            str(URL(location).origin()),
            "{0.scheme}://{0.netloc}".format(urlsplit(location)),
        }
        if origins != {browser.public_url} or not location.isprintable():
            strayed.append((value, location))
    assert len(corpus) >= 800
    assert strayed == []


async def _location_after_sign_in(browser: Browser, next_path: str) -> str:
    """Sign in again without Webex's pages: this browser has consented already."""
    start = await browser.get(f"/login?{urlencode({'next': next_path})}")
    silent = f"{start.location}&prompt=none"
    answer = await browser.get(await browser.at_webex(silent))
    assert answer.status == 303
    assert answer.headers.getall("Location") == [answer.location]
    return answer.location


async def test_a_page_that_was_asked_for_signed_out_comes_back_as_its_browser_sent_it(
    browser: Browser,
) -> None:
    """Whole: from the page that sends people to sign in, to the page after it."""
    for asked, back in (
        ("/spaces?q=a|b", "/spaces?q=a%7Cb"),
        ("/spaces?q=100%&r={a}", "/spaces?q=100%25&r=%7Ba%7D"),
        ("/spaces?q=a\\b", "/spaces?q=a%5Cb"),
        (f"/spaces?q={'a' * 1400}", f"/spaces?q={'a' * 1400}"),
    ):
        browser.cookies.clear()
        sent_to = (await browser.get(asked)).location
        callback = await browser.at_webex((await browser.get(sent_to)).location)
        assert (await browser.get(callback)).location == f"{browser.public_url}{back}"


async def test_a_next_with_line_breaks_adds_no_header(browser: Browser) -> None:
    for value in (
        "/a\r\nSet-Cookie: planted=1",
        "/a%0d%0aSet-Cookie:%20planted=1",
        "/\r\n\r\nbody",
    ):
        answer = await browser.sign_in(next_path=value)
        assert "planted" not in browser.cookies
        assert "\n" not in answer.location


async def test_a_next_that_would_sign_out_or_in_again_leads_home(browser: Browser) -> None:
    await browser.sign_in()
    for value in ROUND_TRIPS:
        assert await _location_after_sign_in(browser, value) == f"{browser.public_url}/"


async def test_a_doubled_next_counts_for_nothing(browser: Browser) -> None:
    start = await browser.get("/login?next=/spaces&next=//evil.example")
    answer = await browser.get(await browser.at_webex(start.location))
    assert answer.location == f"{browser.public_url}/"


async def test_signing_in_over_and_over_leaves_one_session(
    browser: Browser, redis_server: RedisServer
) -> None:
    for _ in range(20):
        await browser.sign_in()
    assert len(redis_server.keys("session:*")) == 1
    _head, _entry = redis_server.keys("person:*")

"""/spaces: the person's latest active spaces, and asking for exactly what reading them needs."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from harness.browser_like import Browser
from harness.sandbox_control import SandboxControl
from tests.conftest import MakeSite

ROOMS = "GET /v1/rooms"
SCOPES = "spark:rooms_read spark:kms"


async def test_a_stranger_is_sent_to_sign_in_and_comes_back(browser: Browser) -> None:
    answer = await browser.get("/spaces")
    assert (answer.status, answer.location) == (303, "/login?next=/spaces")


async def test_who_has_not_granted_it_is_asked_for_exactly_what_is_missing(
    browser: Browser, sandbox: SandboxControl
) -> None:
    await browser.sign_in()
    page = (await browser.get("/spaces")).page
    query = parse_qs(urlsplit(page.way_on[1]).query)
    assert query == {"next": ["/spaces"], "scope": [SCOPES]}
    assert await sandbox.calls(ROOMS) == 0


async def test_after_consent_the_person_is_back_and_keeps_the_other_grants(
    browser: Browser,
) -> None:
    await browser.sign_in(scope="spark:messages_read")
    way_on = (await browser.get("/spaces")).page.way_on[1]
    start = await browser.get(way_on)
    back = await browser.get(await browser.at_webex(start.location))
    assert back.location == f"{browser.public_url}/spaces"
    assert (await browser.get("/spaces")).page.heading == "Your spaces"
    greeting = (await browser.get("/")).text
    assert all(f"<code>{s}</code>" in greeting for s in ("spark:messages_read", *SCOPES.split()))


async def test_the_latest_active_space_stands_first(browser: Browser) -> None:
    await browser.sign_in(scope=SCOPES)
    times = re.findall(r'datetime="([^"]+)"', (await browser.get("/spaces")).text)
    assert len(times) == 25
    assert times == sorted(times, reverse=True)


async def test_every_space_is_on_one_of_the_pages(browser: Browser) -> None:
    await browser.sign_in(scope=SCOPES)
    first = (await browser.get("/spaces")).page
    (next_page,) = [href for label, href in first.links if label == "Next page"]
    second = (await browser.get(next_page)).page
    assert "Next page" not in [label for label, _ in second.links]
    titles = f"{first.text} {second.text}"
    # The last one is Ada's oldest direct space.
    assert all(t in titles for t in ("Welcome to the sandbox", "Grace Hopper", "Katherine Johnson"))


async def test_titles_are_shown_letter_by_letter(browser: Browser) -> None:
    await browser.sign_in(scope=SCOPES)
    page = await browser.get("/spaces")
    if "alert(" not in page.text:
        (next_page,) = [href for label, href in page.page.links if label == "Next page"]
        page = await browser.get(next_page)
    assert "&lt;script&gt;alert(&#39;title&#39;)&lt;/script&gt;" in page.text


@pytest.mark.parametrize("cursor", ["x", "AAAA", "=", "%00", "é", "A" * 2000])
async def test_a_page_that_was_made_up_is_refused(browser: Browser, cursor: str) -> None:
    await browser.sign_in(scope=SCOPES)
    answer = await browser.get(f"/spaces?page={cursor}")
    assert answer.status == 400


async def test_a_page_of_another_session_is_refused(
    browser: Browser, sandbox: SandboxControl
) -> None:
    await browser.sign_in(scope=SCOPES)
    (next_page,) = [h for label, h in (await browser.get("/spaces")).page.links if "Next" in label]
    await browser.sign_in(scope=SCOPES)
    await sandbox.forget_calls()
    assert (await browser.get(next_page)).status == 400
    assert await sandbox.calls(ROOMS) == 0


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"status": 500}, 502),
        ({"status": 429, "headers": {"Retry-After": "7"}}, 503),
        ({"status": 200, "body": "<html>"}, 502),
    ],
)
async def test_trouble_at_webex_gets_a_page_that_says_so(
    browser: Browser, sandbox: SandboxControl, fault: dict[str, object], status: int
) -> None:
    await browser.sign_in(scope=SCOPES)
    await sandbox.fault(ROOMS, **fault)
    answer = await browser.get("/spaces")
    assert (answer.status, answer.page.way_on) == (status, ("Try again", "/spaces"))
    assert answer.headers.get("Retry-After") == ("7" if status == 503 else None)


async def test_a_scope_that_the_operator_does_not_offer_is_named(make_site: MakeSite) -> None:
    site = await make_site(SCOPES_MAX="spark:people_read")
    browser = await site.browser()
    await browser.sign_in()
    answer = await browser.get("/spaces")
    assert answer.status == 503
    assert "SCOPES_MAX" in answer.page.text

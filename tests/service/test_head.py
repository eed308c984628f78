"""HEAD: what monitors and link checkers ask, answered as a GET is, without its body and what it does.

Source: RFC 9110 sections 9.1 and 9.3.2.
"""

import pytest
from prometheus_client import REGISTRY

from harness.browser_like import Answer, Browser

PAGES = ("/", "/index.html", "/sessions", "/spaces", "/widget", "/api/me", "/api/openapi.json")
ALIKE = ("Content-Type", "Location", "Cache-Control", "Content-Security-Policy")
COUNTED = "oauth_sign_ins_started_total"


def said(answer: Answer) -> tuple[object, ...]:
    return answer.status, *(answer.headers.get(name) for name in ALIKE)


@pytest.mark.parametrize("signed_in", [False, True])
async def test_a_page_says_to_head_what_it_says_to_get(
    browser: Browser, *, signed_in: bool
) -> None:
    if signed_in:
        await browser.sign_in()
    for path in PAGES:
        asked, got = await browser.send("HEAD", path), await browser.get(path)
        assert said(asked) == said(got), path
        assert asked.headers.get("Content-Length", "0") == got.headers["Content-Length"], path
        assert (asked.text, asked.cookies) == ("", []), path


async def test_head_starts_no_sign_in(browser: Browser) -> None:
    before = REGISTRY.get_sample_value(COUNTED)
    asked = await browser.send("HEAD", "/login")
    assert REGISTRY.get_sample_value(COUNTED) == before
    assert asked.status == 302
    assert asked.location.partition("?")[0] == (await browser.start()).location.partition("?")[0]
    assert asked.cookies == []


async def test_head_uses_up_no_sign_in(browser: Browser) -> None:
    back = await browser.at_webex((await browser.start()).location)
    asked = await browser.send("HEAD", back)
    assert (asked.status, asked.cookies) == (405, [])
    assert (await browser.get(back)).status == 303

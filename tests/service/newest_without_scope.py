"""In the middle of docs/your-own-logic.md: not a test of the project, but of a copy of it.

See test_your_own_logic.
"""

from harness.browser_like import Browser


async def test_a_call_without_its_scope_is_explained(browser: Browser) -> None:
    await browser.sign_in(scope="spark:rooms_read spark:kms")
    page = await browser.get("/newest")
    assert (page.status, page.page.heading) == (403, "Webex does not allow this")

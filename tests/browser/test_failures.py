"""Every way a sign-in goes wrong has a page that says so, with a way on."""

import json
from pathlib import Path

from playwright.sync_api import Locator, Playwright, expect

from harness.stack import Stack
from tests.browser.conftest import ARGUMENTS, Shoot, executable
from tests.browser.sandbox import EXCHANGE, PEOPLE_ME, Sandbox
from tests.browser.visitor import Visitor


def test_a_wrong_secret_is_named_with_what_to_check_and_the_tracking_id(
    visitor: Visitor, sandbox: Sandbox, shoot: Shoot
) -> None:
    sandbox.fault(EXCHANGE, status=401)
    visitor.signs_in().sees("Webex does not accept this integration's secret")
    expect(visitor.checks.first).to_contain_text("CLIENT_SECRET")
    expect(particular(visitor, "Webex tracking id")).not_to_be_empty()
    expect(particular(visitor, "Reference")).not_to_be_empty()
    shoot(visitor, "wrong-secret")
    visitor.way_on.click()
    visitor.accepts().sees("Webex does not accept this integration's secret")


def test_a_scope_that_was_not_registered_is_named(visitor: Visitor, sandbox: Sandbox) -> None:
    sandbox.take_scope_from_registration("spark:people_read")
    visitor.goes_to().starts().sees("Webex does not know a scope that was asked for")
    expect(visitor.checks.first).to_contain_text("SCOPES")


def test_webex_out_of_reach_is_said_and_the_way_on_works_when_it_is_back(
    visitor: Visitor, sandbox: Sandbox
) -> None:
    sandbox.fault(EXCHANGE, cut="before")
    visitor.signs_in().sees("Webex cannot be reached")
    sandbox.reset()
    visitor.way_on.click()
    visitor.gives_email().accepts().is_greeted_as("Ada Lovelace")


def test_markup_from_webex_is_never_shown(visitor: Visitor, sandbox: Sandbox) -> None:
    page = "<h1>Hacked</h1><script>document.title = 'hacked'</script>"
    sandbox.fault(EXCHANGE, status=500, body=page, content_type="text/html")
    visitor.signs_in().sees("Webex had a problem")
    expect(visitor.page.get_by_text("acked")).to_have_count(0)


def test_a_person_whose_token_webex_refuses_is_told_so(visitor: Visitor, sandbox: Sandbox) -> None:
    sandbox.fault(PEOPLE_ME, status=403)
    visitor.signs_in().sees("Webex does not allow this")


def test_while_redis_is_away_a_page_says_so_and_the_session_is_there_afterwards(
    visitor: Visitor, stack: Stack
) -> None:
    visitor.signs_in().is_greeted_as("Ada Lovelace")
    stack.process("redis").stop()
    try:
        visitor.goes_to().sees("Sessions cannot be read right now")
    finally:
        stack.process("redis").start()
        stack.wait_until_ready()
    visitor.goes_to().is_greeted_as("Ada Lovelace")


def test_a_browser_that_refuses_cookies_is_told_so(
    stack: Stack, sandbox: Sandbox, playwright: Playwright, tmp_path: Path
) -> None:
    blocked = {f"{stack.url},*": {"setting": 2}}
    profile = {"profile": {"content_settings": {"exceptions": {"cookies": blocked}}}}
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(profile))
    window = playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=executable(), args=[*ARGUMENTS], base_url=stack.url
    )
    visitor = Visitor(window.new_page())
    visitor.signs_in().sees("Your browser did not send the sign-in cookie")
    window.close()
    assert sandbox.calls(EXCHANGE) == 0


def test_a_service_that_is_down_has_a_page_of_the_same_look(visitor: Visitor, stack: Stack) -> None:
    stack.process("auth_service").stop()
    try:
        visitor.goes_to().starts().sees("A part of this site is down")
        assert styled(visitor)
    finally:
        stack.process("auth_service").start()
        stack.wait_until_ready()
    visitor.way_on.click()
    visitor.gives_email().accepts().is_greeted_as("Ada Lovelace")


def test_an_unknown_address_gets_a_page_in_the_same_look(visitor: Visitor) -> None:
    visitor.goes_to("/no/such/page").sees("There is no such page")
    visitor.way_on.click()
    visitor.is_signed_out()


def styled(visitor: Visitor) -> bool:
    """Whether the style sheet was applied."""
    body = visitor.page.locator("body")
    return bool(body.evaluate("body => getComputedStyle(body).display === 'flex'"))


def particular(visitor: Visitor, term: str) -> Locator:
    return visitor.page.locator(".particulars div").filter(has_text=term).locator("code")

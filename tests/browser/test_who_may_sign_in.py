"""A site for some people only, with a name, a logo and a colour of its own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from harness.stack import Stack
from tests.browser.conftest import NewWindow, Shoot
from tests.browser.legibility import texts
from tests.browser.visitor import Visitor

# Wide, as logos are, and with what a policy without exceptions would take from a page: a style of its own.
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40">
<style>rect { fill: #6a1b9a }</style><rect width="120" height="40" rx="8"/></svg>"""
REFUSED = "This account may not sign in here"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    logo = tmp_path_factory.mktemp("site") / "logo.svg"
    logo.write_text(LOGO, encoding="utf-8")
    with Stack(
        ALLOWED_DOMAINS="example.com",
        SITE_CONTACT="the IT desk",
        SITE_NAME="Example Ltd",
        SITE_COLOR="9c27b0",
        SITE_LOGO=str(logo),
    ) as stack:
        yield stack


def test_who_may_not_sign_in_is_told_whom_to_ask_and_gets_in_with_another_account(
    visitor: Visitor, shoot: Shoot
) -> None:
    visitor.signs_in("ada@example.org").sees(REFUSED)
    expect(visitor.checks.last).to_have_text("To be let in, ask the IT desk.")
    shoot(visitor, "not-admitted")
    visitor.way_on.click()
    visitor.gives_email().accepts().is_greeted_as("Ada Lovelace")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_in_a_colour_of_ones_own(new_window: NewWindow, scheme: str) -> None:
    visitor = Visitor(new_window(color_scheme=scheme).new_page())
    for _ in pages(visitor):
        found = texts(visitor.page)
        assert [text for text in found if text.contrast < 4.5] == []


def pages(visitor: Visitor) -> Iterator[Visitor]:
    """Go through them in this window."""
    yield visitor.goes_to().is_signed_out()
    yield visitor.signs_in("ada@example.org").sees(REFUSED)
    visitor.way_on.click()
    yield visitor.gives_email().accepts().is_greeted_as("Ada Lovelace")


def test_with_forced_colours_a_button_is_still_one(new_window: NewWindow) -> None:
    visitor = Visitor(new_window(forced_colors="active").new_page()).goes_to()
    button = visitor.page.locator(".button").first
    assert button.evaluate("one => getComputedStyle(one).borderTopStyle") == "solid"
    assert button.evaluate("one => getComputedStyle(one).backgroundColor") != "rgb(156, 39, 176)"


def test_the_logo_is_shown_and_the_pages_bear_the_name(visitor: Visitor) -> None:
    logo = visitor.goes_to().page.locator(".brand img")
    assert logo.evaluate("one => one.decode().then(() => one.naturalWidth)") == 120
    expect(visitor.page).to_have_title("Sign in with Webex · Example Ltd")
    expect(visitor.page.locator(".brand")).to_have_text("Example Ltd")

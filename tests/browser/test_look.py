"""Every page can be read and used: on a phone, in the dark, by everybody, and with no strangers on it.

That no page breaks its Content-Security-Policy or logs an error is checked after every test here.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from harness.stack import Stack
from tests.browser.conftest import NewWindow, Shoot
from tests.browser.legibility import button_heights, sideways_pixels, texts
from tests.browser.sandbox import EXCHANGE, Sandbox
from tests.browser.visitor import Visitor

PHONE = {"width": 320, "height": 640}
SMALLEST_CONTRAST = 4.5
SMALLEST_PIXELS = 13
SMALLEST_BUTTON = 44
# One word, long enough to stick out of any page that does not break it.
LONG_NAME = "wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren@example.com"


def pages(visitor: Visitor, sandbox: Sandbox) -> Iterator[str]:
    """Go through every kind of page of ours, in this window."""
    visitor.goes_to().is_signed_out()
    yield "home"
    visitor.starts().gives_email(LONG_NAME).declines().sees("You declined")
    yield "declined"
    sandbox.fault(EXCHANGE, status=401)
    visitor.goes_to("/login?next=/").accepts()
    expect(visitor.way_on).to_be_visible()
    yield "wrong-secret"
    sandbox.reset()
    visitor.signs_in(LONG_NAME)
    expect(visitor.heading).to_contain_text("So happy to meet")
    yield "greeting"
    visitor.goes_to("/sessions").sees("Where I am signed in")
    yield "sessions"
    visitor.goes_to("/spaces")
    expect(visitor.way_on.first).to_have_text("Ask Webex for it")
    yield "permission"
    visitor.way_on.first.click()
    visitor.accepts().sees("Your spaces")
    yield "spaces"
    visitor.goes_to("/widget")
    visitor.way_on.first.click()
    # A sandbox that was reset has forgotten whom the bot added; the service has not.
    visitor.accepts().goes_to("/widget?again=1").sees("Upcoming events")
    expect(visitor.page.locator("#connection")).to_have_text("Live")
    yield "widget"
    visitor.goes_to("/no/such/page").sees("There is no such page")
    yield "no-such-page"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(
    new_window: NewWindow, sandbox: Sandbox, scheme: str
) -> None:
    visitor = Visitor(new_window(color_scheme=scheme).new_page())
    for name in pages(visitor, sandbox):
        found = texts(visitor.page)
        assert len(found) > 3, name
        faint = [text for text in found if text.contrast < SMALLEST_CONTRAST]
        assert faint == [], name
        assert [text for text in found if text.pixels < SMALLEST_PIXELS] == [], name


def test_no_page_scrolls_sideways_on_the_narrowest_phone(
    new_window: NewWindow, sandbox: Sandbox
) -> None:
    visitor = Visitor(new_window(viewport=PHONE, is_mobile=True, has_touch=True).new_page())
    for name in pages(visitor, sandbox):
        assert sideways_pixels(visitor.page) == 0, name


def test_every_button_is_large_enough_for_a_finger(new_window: NewWindow, sandbox: Sandbox) -> None:
    visitor = Visitor(new_window(viewport=PHONE).new_page())
    for name in pages(visitor, sandbox):
        heights = button_heights(visitor.page)
        assert heights, name
        assert min(heights.values()) >= SMALLEST_BUTTON, (name, heights)


def test_every_page_says_that_this_is_a_sandbox(visitor: Visitor, sandbox: Sandbox) -> None:
    for _ in pages(visitor, sandbox):
        expect(visitor.page.get_by_role("note")).to_contain_text("Sandbox of Webex")


def test_every_page_has_one_first_heading_a_title_and_a_language(
    visitor: Visitor, sandbox: Sandbox
) -> None:
    for name in pages(visitor, sandbox):
        expect(visitor.heading).to_have_count(1)
        assert visitor.page.title(), name
        expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
        expect(visitor.page.get_by_role("main")).to_have_count(1)


def test_no_page_carries_a_style_or_a_script_of_its_own(visitor: Visitor, sandbox: Sandbox) -> None:
    inline = "style, [style], script:not([src]), [onclick], [onload], [onerror]"
    # A card is drawn by a library that styles through the DOM.
    inline = f":is({inline}):not(.message-card *)"
    for _ in pages(visitor, sandbox):
        expect(visitor.page.locator(inline)).to_have_count(0)


def test_who_wants_less_motion_gets_none(new_window: NewWindow) -> None:
    visitor = Visitor(new_window(reduced_motion="reduce").new_page()).goes_to()
    button = visitor.page.locator(".button").first
    assert button.evaluate("button => getComputedStyle(button).transitionDuration") == "0s"


def test_the_pages_look_like_themselves_in_the_dark_and_on_a_phone(
    new_window: NewWindow, stack: Stack, shoot: Shoot
) -> None:
    dark = Visitor(new_window(color_scheme="dark").new_page())
    dark.signs_in().is_greeted_as("Ada Lovelace")
    assert dark.page.locator("body").evaluate(
        "body => getComputedStyle(body).backgroundColor"
    ) not in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    shoot(dark, "greeting-dark")
    phone = Visitor(new_window(viewport={"width": 390, "height": 780}).new_page())
    phone.signs_in("grace@example.com").is_greeted_as("Grace Hopper")
    shoot(phone, "greeting-phone")
    assert phone.page.url == f"{stack.url}/"

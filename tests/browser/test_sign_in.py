"""Signing in and out, as a person does it."""

import re

from playwright.sync_api import Page, expect

from harness.stack import Stack
from tests.browser.conftest import NewWindow, Shoot
from tests.browser.sandbox import PEOPLE_ME, REVOKE, Sandbox
from tests.browser.visitor import Visitor


def test_a_person_signs_in_and_is_greeted_by_name_and_avatar(
    visitor: Visitor, shoot: Shoot
) -> None:
    visitor.goes_to().is_signed_out()
    shoot(visitor, "home")
    visitor.starts()
    expect(visitor.page.get_by_label("Email address")).to_be_focused()
    shoot(visitor, "email")
    visitor.gives_email("ada@example.com")
    expect(visitor.page.get_by_role("button", name="Decline")).to_be_visible()
    shoot(visitor, "consent")
    visitor.accepts().is_greeted_as("Ada Lovelace")
    assert is_drawn(visitor.page)
    shoot(visitor, "greeting")


def test_after_the_sign_in_no_code_stands_in_the_address(visitor: Visitor, stack: Stack) -> None:
    visitor.signs_in().is_greeted_as("Ada Lovelace")
    assert visitor.page.url == f"{stack.url}/"


def test_what_was_granted_is_shown_and_more_can_be_allowed(visitor: Visitor) -> None:
    visitor.signs_in().is_greeted_as("Ada Lovelace")
    granted = visitor.page.locator(".grants:not(.more) code")
    expect(granted).to_have_text(["spark:people_read"])
    more = visitor.page.locator(".more li").filter(has_text="spark:rooms_read")
    more.get_by_role("link").click()
    visitor.accepts().is_greeted_as("Ada Lovelace")
    expect(granted).to_have_text(["spark:people_read", "spark:rooms_read"])


def test_a_person_without_a_picture_gets_initials(visitor: Visitor) -> None:
    visitor.signs_in("katherine@example.com").is_greeted_as("Katherine Johnson")
    expect(visitor.page.locator(".avatar img")).to_have_count(0)
    expect(visitor.page.locator(".avatar")).to_have_text("KJ")


def test_a_name_that_is_markup_is_shown_letter_by_letter(visitor: Visitor) -> None:
    visitor.signs_in("bobby@example.com").is_greeted_as('<b>Bobby</b> & "Tables"')
    expect(visitor.heading.locator("b")).to_have_count(0)


def test_a_declined_sign_in_gets_a_page_and_no_session(
    visitor: Visitor, sandbox: Sandbox, shoot: Shoot
) -> None:
    visitor.goes_to().starts().gives_email().declines().sees("You declined")
    shoot(visitor, "declined")
    visitor.goes_to().is_signed_out()
    assert sandbox.calls(PEOPLE_ME) == 0


def test_who_declined_can_start_again_from_the_page_itself(visitor: Visitor) -> None:
    visitor.goes_to().starts().gives_email().declines().sees("You declined")
    visitor.way_on.click()
    visitor.accepts().is_greeted_as("Ada Lovelace")


def test_signing_out_leads_home_and_revokes_both_tokens(visitor: Visitor, sandbox: Sandbox) -> None:
    visitor.signs_in().is_greeted_as("Ada Lovelace")
    visitor.signs_out().is_signed_out()
    assert sandbox.calls(REVOKE) == 2
    visitor.goes_to().is_signed_out()


def test_the_forms_of_our_pages_say_where_they_come_from(visitor: Visitor, stack: Stack) -> None:
    """A browser without Fetch Metadata is judged by its Origin, and null is anybody's."""
    visitor.signs_in().is_greeted_as("Ada Lovelace")
    with visitor.page.expect_request(lambda request: request.method == "POST") as sent:
        visitor.signs_out()
    assert sent.value.all_headers()["origin"] == stack.url


def test_the_back_button_after_signing_out_shows_nothing_of_the_person(visitor: Visitor) -> None:
    visitor.signs_in().is_greeted_as("Ada Lovelace")
    # An address of its own: the signed-out home page must not take its place in the cache.
    visitor.goes_to("/?mine").is_greeted_as("Ada Lovelace")
    visitor.signs_out().is_signed_out()
    visitor.page.go_back(wait_until="load")
    assert visitor.page.url.endswith("/?mine")
    visitor.is_signed_out()
    expect(visitor.page.get_by_text(re.compile("Ada|ada@"))).to_have_count(0)


def test_another_person_in_the_same_browser_sees_nothing_of_the_first(visitor: Visitor) -> None:
    visitor.signs_in("ada@example.com").is_greeted_as("Ada Lovelace")
    visitor.signs_out().is_signed_out().starts()
    visitor.page.get_by_role("link", name="Use another account").click()
    visitor.gives_email("grace@example.com").accepts().is_greeted_as("Grace Hopper")
    expect(visitor.page.get_by_text("Ada")).to_have_count(0)


def test_two_tabs_finish_on_their_own_pages_the_first_one_first(new_window: NewWindow) -> None:
    first, second = two_tabs_at_consent(new_window)
    first.accepts().is_greeted_as("Ada Lovelace")
    second.accepts().is_greeted_as("Ada Lovelace")
    assert (first.page.url[-4:], second.page.url[-4:]) == ("?t=1", "?t=2")


def test_two_tabs_finish_on_their_own_pages_the_last_one_first(new_window: NewWindow) -> None:
    first, second = two_tabs_at_consent(new_window)
    second.accepts().is_greeted_as("Ada Lovelace")
    first.accepts().is_greeted_as("Ada Lovelace")
    assert (first.page.url[-4:], second.page.url[-4:]) == ("?t=1", "?t=2")


def two_tabs_at_consent(new_window: NewWindow) -> tuple[Visitor, Visitor]:
    """Both started before either finished, each with a `next` of its own."""
    window = new_window()
    first, second = Visitor(window.new_page()), Visitor(window.new_page())
    first.goes_to("/login?next=/%3Ft%3D1").gives_email()
    second.goes_to("/login?next=/%3Ft%3D2")
    return first, second


def test_a_callback_that_is_loaded_again_does_no_harm(visitor: Visitor) -> None:
    with visitor.page.expect_request(re.compile(r"/oauth\?")) as callback:
        visitor.signs_in().is_greeted_as("Ada Lovelace")
    visitor.goes_to(callback.value.url).is_greeted_as("Ada Lovelace")
    visitor.signs_out().is_signed_out()
    visitor.goes_to(callback.value.url)
    expect(visitor.heading).to_have_text(re.compile("^This sign-in was "))


def test_the_whole_sign_in_works_with_the_keyboard_alone(visitor: Visitor) -> None:
    keyboard = visitor.goes_to().page.keyboard
    tabs_to(visitor.page, "Start OAuth flow")
    keyboard.press("Enter")
    expect(visitor.page.get_by_label("Email address")).to_be_focused()
    keyboard.type("ada@example.com")
    keyboard.press("Enter")
    expect(visitor.page.get_by_role("button", name="Accept")).to_be_visible()
    tabs_to(visitor.page, "Accept")
    keyboard.press("Enter")
    visitor.is_greeted_as("Ada Lovelace")
    tabs_to(visitor.page, "Sign out")
    keyboard.press("Space")
    visitor.is_signed_out()


def tabs_to(page: Page, label: str) -> None:
    """Press Tab until the element is reached; each stop on the way must show where it is."""
    for _ in range(20):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        outline = focused.evaluate("element => parseFloat(getComputedStyle(element).outlineWidth)")
        assert outline >= 2, f"no focus ring on {focused.inner_text()}"
        if focused.inner_text() == label:
            return
    raise AssertionError(f"Tab does not reach {label}")


def is_drawn(page: Page) -> bool:
    """Whether the avatar was fetched and decoded."""
    picture = page.locator(".avatar img")
    return bool(picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0)"))

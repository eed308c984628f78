"""From the list of spaces into one of them, and a talk there."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import NewWindow
from tests.browser.member import ASK, Member
from tests.browser.sandbox import Sandbox

TITLE = "Welcome to the sandbox"


def opens(new_window: NewWindow, email: str, title: str = TITLE) -> Member:
    """Sign in, allow what the list and the space ask for, and open a space of the list."""
    member = Member(new_window().new_page())
    member.goes_to("/spaces").gives_email(email).accepts().sees("Your spaces")
    member.page.get_by_role("link", name=ASK).click()
    member.accepts()
    member.page.get_by_role("link", name=title, exact=True).click()
    member.sees("The space")
    member.page.get_by_role("link", name=ASK).click()
    member.accepts().sees(title).is_live()
    expect(member.page).to_have_url(re.compile("/spaces/[^/]+$"))
    return member


def test_two_people_talk_in_a_space_of_their_list(new_window: NewWindow, sandbox: Sandbox) -> None:
    ada, grace = opens(new_window, "ada@example.com"), opens(new_window, "grace@example.com")
    sandbox.say("Said at the widget only")
    ada.writes("Is anybody in this space?")
    grace.reads("Is anybody in this space?").writes("I am, and it is live.")
    ada.reads("I am, and it is live.").reads_nothing_of("Said at the widget only")
    ada.presses("Edit", "Is anybody in this space?")
    ada.writes("Is anybody here?")
    grace.reads("Is anybody here?")
    ada.page.once("dialog", lambda dialog: dialog.accept())
    ada.presses("Delete", "Is anybody here?").reads_nothing_of("Is anybody here?")
    grace.reads_nothing_of("Is anybody here?")


def test_a_direct_space_opens_too(new_window: NewWindow) -> None:
    ada = opens(new_window, "ada@example.com", "Grace Hopper")
    grace = opens(new_window, "grace@example.com", "Ada Lovelace")
    ada.writes("Between the two of us")
    grace.reads("Between the two of us")
    expect(grace.page.locator("#people-count")).to_have_text("2")


def test_who_is_signed_out_comes_back_to_the_space(new_window: NewWindow) -> None:
    ada = opens(new_window, "ada@example.com")
    other = Member(ada.page.context.new_page())
    path = ada.page.url
    other.goes_to(path).is_live()
    ada.signs_out().is_signed_out()
    expect(other.connection).to_contain_text("You are signed out.")
    other.connection.get_by_role("link").click()
    other.accepts().sees("The space")
    expect(other.page).to_have_url(path)

"""Reading in the space: days, who goes on, threads, what is new, and links to a message."""

import re

import pytest
from playwright.sync_api import Page, expect

from harness.stack import Stack
from tests.browser.conftest import NewWindow
from tests.browser.member import Member
from tests.browser.sandbox import Sandbox

# Where everything on the page is, so that a movement shows.
PLACES = """() => [...document.querySelectorAll(".message, .message *:not(.actions, .actions *)")]
  .map((element) => element.getBoundingClientRect()).map(({x, y, width, height}) => [x, y, width, height])"""


@pytest.fixture
def ada(new_window: NewWindow) -> Member:
    return Member(new_window().new_page()).enters("ada@example.com")


def test_days_are_named_where_they_begin(ada: Member) -> None:
    days = ada.page.locator(".day")
    named = days.all_inner_texts()
    created = ada.page.locator("#messages > .message").evaluate_all(
        "items => items.map(item => new Date(item.dataset.created)"
        ".toLocaleDateString('en-GB', {dateStyle: 'full'}))"
    )
    assert named == list(dict.fromkeys(created))
    assert named


def test_messages_of_one_person_in_a_row_stand_together(ada: Member, sandbox: Sandbox) -> None:
    for text in ("Said first", "Said second"):
        sandbox.say(text)
    ada.reads("Said second").writes("Said by another").reads("Said by another")
    item = ada.page.locator("#messages > .message")
    together = [
        "goes-on" in (item.filter(has_text=text).get_attribute("class") or "")
        for text in ("Said first", "Said second", "Said by another")
    ]
    assert together == [False, True, False]
    # Who said it is read out all the same.
    expect(ada.message("Said second").locator(".by strong")).to_have_text("Grace Hopper")


def test_pointing_at_a_message_moves_nothing(ada: Member) -> None:
    ada.writes("Point here").reads("Point here")
    ada.page.mouse.move(0, 0)
    before = ada.page.evaluate(PLACES)
    ada.message("Point here").hover()
    expect(ada.message("Point here").get_by_role("button", name="Reply")).to_be_in_viewport()
    assert ada.page.evaluate(PLACES) == before


def test_a_long_thread_is_folded_to_its_newest_replies(ada: Member, sandbox: Sandbox) -> None:
    parent = sandbox.say("A question")
    for number in range(5):
        sandbox.say(f"Reply {number}", parent_id=parent)
    ada.reads("Reply 4").reads("Reply 2")
    expect(ada.message("Reply 1")).to_be_hidden()
    ada.page.get_by_role("button", name="2 earlier replies").click()
    ada.reads("Reply 0").reads("Reply 1")
    expect(ada.message("Reply 0")).to_be_focused()
    sandbox.say("Reply 5", parent_id=parent)
    ada.reads("Reply 5").reads("Reply 0")


def test_what_is_new_has_a_line_before_it(ada: Member, sandbox: Sandbox) -> None:
    ada.scroll.evaluate("element => { element.scrollTop = 0 }")
    sandbox.say("New to Ada")
    sandbox.say("And this")
    expect(ada.page.get_by_role("button", name="2 new messages")).to_be_visible()
    expect(ada.page.locator(".unseen")).to_have_count(1)
    item = ada.page.locator("#messages > .message", has=ada.page.locator(".unseen"))
    expect(item).to_contain_text("New to Ada")


def test_from_far_up_one_button_leads_to_the_newest(ada: Member, sandbox: Sandbox) -> None:
    last = sandbox.say("Said last")
    ada.reads("Said last")
    ada.scroll.evaluate("element => { element.scrollTop = 100 }")
    ada.page.get_by_role("button", name="Newest").click()
    expect(ada.page.locator(f"[data-id='{last}']")).to_be_in_viewport()
    expect(ada.page.get_by_role("button", name="Newest")).to_be_hidden()


def link_of(page: Page, text: str) -> str:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    said = page.locator(".message > article").filter(has_text=text)
    said.hover()
    said.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("log")).to_contain_text("Link copied.")
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_a_link_leads_to_its_message(ada: Member, sandbox: Sandbox) -> None:
    sandbox.say("Look here")
    ada.reads("Look here")
    link = link_of(ada.page, "Look here")
    for number in range(12):
        sandbox.say(f"Later {number}")
    ada.reads("Later 11").goes_to(link).is_live()
    expect(ada.message("Look here")).to_be_focused()
    expect(ada.message("Look here")).to_be_in_viewport()


def test_a_link_leads_to_its_message_when_many_have_followed(ada: Member, sandbox: Sandbox) -> None:
    sandbox.say("Look far back")
    ada.reads("Look far back")
    link = link_of(ada.page, "Look far back")
    for number in range(35):
        sandbox.say(f"Later {number}")
    ada.reads("Later 34").goes_to(link)
    expect(ada.message("Look far back")).to_be_in_viewport()
    ada.page.get_by_role("link", name="Back to the newest messages").click()
    ada.is_live().reads("Later 34")


def test_a_link_to_what_is_not_there_says_so(ada: Member) -> None:
    ada.goes_to("/widget?message=gone").sees("This is not in the space")


def test_what_is_open_closes_with_escape_and_with_a_click_elsewhere(ada: Member) -> None:
    people = ada.page.get_by_role("group", name="People in this space")
    summary = ada.page.locator(".people-box summary")
    summary.click()
    expect(people).to_be_visible()
    ada.page.keyboard.press("Escape")
    expect(people).to_be_hidden()
    expect(summary).to_be_focused()
    summary.click()
    ada.heading.click()
    expect(people).to_be_hidden()


def test_a_page_without_a_script_leads_to_a_message_too(
    new_window: NewWindow, sandbox: Sandbox, stack: Stack
) -> None:
    message = sandbox.say("Look here")
    member = Member(new_window().new_page()).enters()
    member.page.route(
        "**/*.js", lambda route: route.fulfill(content_type="text/javascript", body="")
    )
    member.goes_to(f"/widget?message={message}#m-{message}")
    expect(member.message("Look here")).to_be_in_viewport()
    assert re.fullmatch(re.escape(stack.url) + r"/widget\?message=.*", member.page.url)


def test_who_is_at_the_newest_stays_there_when_a_message_grows(ada: Member) -> None:
    ada.scroll.evaluate("element => { element.scrollTop = element.scrollHeight }")
    # As a card does that is drawn after it came, in the same moment as something scrolled.
    left = ada.scroll.evaluate("""async (element) => {
      element.scrollTop = element.scrollHeight;
      const item = element.querySelector("#messages > .message:last-child");
      const more = document.createElement("p");
      more.append(...Array.from({length: 30}, () => document.createElement("br")));
      item.append(more);
      const frame = () => new Promise(requestAnimationFrame);
      await frame();
      await frame();
      await frame();
      return element.scrollHeight - element.scrollTop - element.clientHeight;
    }""")
    assert left < 2

"""The space's page in a real browser: two people talking through two replicas of the app service."""

import base64
import json
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Route, expect

from harness.stack import Stack
from tests.browser.conftest import NewWindow, Shoot
from tests.browser.member import Member
from tests.browser.sandbox import Sandbox
from webex_sandbox.space.demo import DEMO_SPACE_ID
from webex_sandbox.space.demo_history import LINES

EVENTS = "**/api/space/events*"
STREAM = "text/event-stream"
# Keeps when streams were opened, by the page's own clock.
OPENED = """
  window.opened = [];
  window.EventSource = class extends EventSource {
    constructor(url) {
      super(url);
      opened.push(Date.now());
    }
  };
"""

DIES_WITHOUT_A_WORD = """
  addEventListener("pagehide", (event) => event.stopImmediatePropagation(), true);
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(app_services=2, SIGN_IN_RATE="1000r/s", SIGN_IN_BURST="1000") as stack:
        yield stack


@pytest.fixture
def ada(new_window: NewWindow) -> Member:
    return Member(new_window().new_page()).enters("ada@example.com")


@pytest.fixture
def grace(new_window: NewWindow) -> Member:
    return Member(new_window().new_page()).enters("grace@example.com")


def test_two_people_talk_without_reloading(ada: Member, grace: Member, shoot: Shoot) -> None:
    ada.writes("Hello *Grace*, is there cake?")
    grace.reads("is there cake?").writes("There is, and coffee.")
    ada.reads("There is, and coffee.")
    expect(ada.page.locator(".message.mine em")).to_have_text("Grace")
    for member, name in ((ada, "widget"), (grace, "widget-other")):
        member.page.set_viewport_size({"width": 1040, "height": 760})
        shoot(member, name)


def test_edits_and_deletions_appear_at_the_other(ada: Member, grace: Member) -> None:
    ada.writes("Frist")
    grace.reads("Frist")
    ada.presses("Edit", "Frist")
    expect(ada.composer).to_have_value("Frist")
    ada.writes("First")
    grace.reads("First").reads_nothing_of("Frist")
    ada.page.once("dialog", lambda dialog: dialog.accept())
    ada.presses("Delete", "First").reads_nothing_of("First")
    grace.reads_nothing_of("First")


def test_a_reply_stands_under_what_it_replies_to(ada: Member, grace: Member) -> None:
    ada.presses("Reply", "Can machines think").writes("Ask them")
    thread = grace.page.locator(".message", has_text="Can machines think").locator(".replies")
    expect(thread.get_by_text("Ask them")).to_be_visible()


def test_the_bot_answers_a_command(ada: Member) -> None:
    ada.writes("/next")
    answer = ada.page.locator(".message").filter(has_text="Upcoming events").last
    expect(answer.get_by_role("listitem").first).to_be_visible()
    expect(answer).to_contain_text("Hack night")


def test_a_message_to_everybody_is_marked_as_one_to_oneself(ada: Member, sandbox: Sandbox) -> None:
    everybody = (
        '<spark-mention data-object-type="groupMention" data-group-type="all">All</spark-mention>'
    )
    sandbox.say("All, lunch", html=f"<p>{everybody}, lunch</p>")
    expect(ada.message("lunch").locator("spark-mention.me")).to_have_text("All")


HOSTILE = {
    "script": "<b>script</b><script>document.title='hacked'</script>",
    "svg": "<b>svg</b><svg onload=\"document.title='hacked'\"><script>document.title='hacked'</script></svg>",
    "picture": "<b>picture</b><img src=x onerror=\"document.title='hacked'\">",
    "data address": '<b>data address</b> <a href="data:text/html,<script>alert(1)</script>">here</a>',
    "markup that closes ours": "<b>markup that closes ours</b></div></li></ol></section><h1>outside</h1>",
    "style": '<b>style</b><style>body{display:none}</style><p style="position:fixed;inset:0">over</p>',
    "frame": "<b>frame</b><iframe srcdoc=\"<script>parent.document.title='hacked'</script>\"></iframe>",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_message_is_shown_and_does_nothing(
    ada: Member, sandbox: Sandbox, what: str
) -> None:
    sandbox.say(what, html=HOSTILE[what])
    ada.reads(what)
    ada.page.reload()
    ada.is_live().reads(what)
    assert "hacked" not in ada.page.title()
    expect(ada.page.locator("h1")).to_have_count(1)
    # The bot's card is drawn beside it, by a library that styles through the DOM.
    acting = ".messages :is(script, svg, img:not(.face img), iframe, style, [style], [onload])"
    acting += ":not(.message-card *)"
    expect(ada.page.locator(acting)).to_have_count(0)
    for link in ada.page.locator(".body a").all():
        assert not (link.get_attribute("href") or "").startswith("data:")


def test_seven_kilobytes_of_marks_on_one_letter_stay_in_their_own_box(
    ada: Member, sandbox: Sandbox
) -> None:
    sandbox.say("Before")
    sandbox.say("Z" + "\u0335\u0301\u0316" * 1200)
    sandbox.say("After the marks")
    ada.reads("After the marks")
    body = ada.page.locator(".message .body").filter(has_text="\u0335")
    box, above = body.bounding_box(), ada.message("Before").bounding_box()
    assert box is not None
    assert above is not None
    assert above["y"] + above["height"] <= box["y"]
    assert box["height"] < 100
    assert body.evaluate("element => getComputedStyle(element).overflow") == "clip"


def test_writing_from_right_to_left_turns_nothing_else_around(
    ada: Member, sandbox: Sandbox
) -> None:
    sandbox.say("\u05e9\u05dc\u05d5\u05dd \u202egnp.exe")
    body = ada.page.locator(".body").filter(has_text="\u05e9\u05dc\u05d5\u05dd")
    expect(body).to_be_visible()
    assert body.evaluate("element => getComputedStyle(element).direction") == "rtl"
    said = ada.page.locator(".message", has=body).locator(".by")
    assert said.evaluate("element => getComputedStyle(element).direction") == "ltr"


def test_what_was_typed_stays_when_sending_fails(ada: Member, sandbox: Sandbox) -> None:
    sandbox.fault("POST /v1/messages", status=503)
    ada.types("Not lost").composer.press("Enter")
    expect(ada.complaint).to_contain_text("Webex had a problem")
    expect(ada.composer).to_have_value("Not lost")
    sandbox.lift_faults()
    ada.composer.press("Enter")
    ada.reads("Not lost")
    expect(ada.complaint).to_be_empty()


def test_what_one_person_typed_is_not_sent_by_the_next_one(ada: Member) -> None:
    sent: list[str] = []
    ada.page.on("request", lambda request: sent.append(request.method))
    ada.types("From Ada")
    _grace_signs_in_beside(ada)
    expect(ada.complaint).to_contain_text("What you typed is still here")
    ada.composer.press("Enter")
    # A request that was sent would be told before the answer to this.
    assert ada.page.evaluate("fetch('/healthz').then((answer) => answer.status)")
    expect(ada.composer).to_have_value("From Ada")
    assert "POST" not in sent


def test_nor_is_it_sent_from_a_page_that_was_cut_off_and_does_not_know(
    ada: Member, sandbox: Sandbox
) -> None:
    ada.types("From Ada").page.route(EVENTS, lambda _: None)  # never answered
    _grace_signs_in_beside(ada)
    ada.composer.press("Enter")
    expect(ada.complaint).to_contain_text("Somebody else has signed in")
    expect(ada.composer).to_have_value("From Ada")
    # Nor does the page go on in the name of the first.
    expect(ada.connection.get_by_role("link")).to_have_text("Continue under that name")
    expect(ada.page.locator("#messages li")).to_have_count(0)
    assert sandbox.calls("POST /v1/messages") == 0


def test_what_was_typed_stays_when_no_answer_comes(ada: Member) -> None:
    ada.page.route("**/api/space/messages", lambda _: None)  # never answered
    ada.page.clock.install()
    ada.page.reload()
    with ada.page.expect_request(lambda request: request.method == "POST"):
        ada.types("Into silence").composer.press("Enter")
    ada.page.clock.fast_forward("01:01")
    expect(ada.complaint).to_contain_text("No answer came. It may have been sent")
    expect(ada.composer).to_have_value("Into silence")


def test_a_message_that_arrived_and_whose_answer_was_lost_is_found_and_not_sent_twice(
    ada: Member, sandbox: Sandbox
) -> None:
    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
            route.abort("internetdisconnected")
        else:
            route.continue_()

    ada.page.route("**/api/space/messages", lose)
    ada.writes("Once is enough").reads("Once is enough")
    expect(ada.complaint).to_be_empty()
    assert sandbox.calls("POST /v1/messages") == 1


def test_a_message_that_did_not_arrive_may_have_been_sent_and_stays(
    ada: Member, sandbox: Sandbox
) -> None:
    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.abort("internetdisconnected")
        else:
            route.continue_()

    ada.page.route("**/api/space/messages", lose)
    with ada.page.expect_response("**/api/space/messages"):
        ada.types("Perhaps").composer.press("Enter")
    expect(ada.complaint).to_contain_text("It may have been sent")
    expect(ada.composer).to_have_value("Perhaps")
    assert sandbox.calls("POST /v1/messages") == 0


def _grace_signs_in_beside(ada: Member) -> None:
    tab = Member(ada.page.context.new_page()).goes_to("/login")
    tab.page.get_by_role("link", name="Use another account").click()
    tab.gives_email("grace@example.com").accepts().is_greeted_as("Grace Hopper")


def test_a_message_that_is_too_long_is_not_sent_and_not_lost(ada: Member) -> None:
    text = "é" * 3720
    ada.types(text).composer.press("Enter")
    expect(ada.complaint).to_contain_text("1 bytes too long")
    expect(ada.composer).to_have_value(text)


def test_signing_out_in_one_tab_ends_the_stream_in_the_other(ada: Member, grace: Member) -> None:
    other = Member(ada.page.context.new_page())
    other.goes_to("/widget").is_live().types("half a thought")
    ada.signs_out().is_signed_out()
    expect(other.connection).to_contain_text("You are signed out.")
    expect(other.page.locator(".message")).to_have_count(0)
    expect(other.composer).to_have_value("half a thought")
    grace.writes("Still here").reads("Still here")


def test_who_is_removed_sees_nothing_more_and_is_told_why(
    ada: Member, grace: Member, sandbox: Sandbox
) -> None:
    sandbox.membership("ada@example.com", is_member=False)
    expect(ada.connection).to_contain_text("You are not in this space", timeout=60_000)
    expect(ada.page.locator(".message")).to_have_count(0)
    grace.writes("Ada has left").reads("Ada has left")
    ada.connection.get_by_role("link").click()
    ada.sees("You are not in this space")
    ada.way_on.click()
    ada.sees("Upcoming events").is_live().reads("Ada has left")


def test_a_restart_of_every_replica_loses_nothing(
    ada: Member, sandbox: Sandbox, stack: Stack
) -> None:
    ada.types("half a thought")
    for name in ("app_service", "app_service.2"):
        stack.process(name).restart()
    sandbox.say("Said meanwhile")
    ada.reads("Said meanwhile").is_live()
    expect(ada.composer).to_have_value("half a thought")


def test_a_reload_of_nginx_ends_no_stream(ada: Member, sandbox: Sandbox, stack: Stack) -> None:
    opened: list[str] = []
    ada.page.on("request", lambda request: opened.append(request.url))
    stack.process("nginx").reload()
    sandbox.say("After the reload")
    ada.reads("After the reload")
    assert not [url for url in opened if "/events" in url]


def test_a_connection_that_is_lost_is_shown_and_comes_back(ada: Member, sandbox: Sandbox) -> None:
    ada.page.context.set_offline(True)
    ada.types("half a thought").composer.press("Enter")
    expect(ada.complaint).to_contain_text("There is no connection")
    expect(ada.connection).to_have_text("Reconnecting…")
    ada.page.context.set_offline(False)
    sandbox.say("Said meanwhile")
    ada.reads("Said meanwhile").is_live()
    expect(ada.complaint).to_be_empty()
    expect(ada.composer).to_have_value("half a thought")


def test_a_silent_line_is_not_called_live(ada: Member) -> None:
    # The first stream opens, and nothing is ever heard of it; the next ones do not even open.
    ada.page.add_init_script("""
      window.streams = 0;
      window.EventSource = class extends EventTarget {
        constructor() {
          super();
          if (streams++ === 0) setTimeout(() => this.dispatchEvent(new Event("open")), 0);
        }
        close() {}
      };
    """)
    ada.page.clock.install()
    ada.page.reload()
    ada.is_live()
    ada.page.clock.fast_forward(31_000)
    expect(ada.connection).to_have_text("Reconnecting…")


def test_after_a_long_absence_nothing_that_was_said_is_missing(
    ada: Member, sandbox: Sandbox
) -> None:
    ada.page.route(EVENTS, lambda route: route.abort("internetdisconnected"))
    ada.page.reload()
    expect(ada.connection).to_have_text("Reconnecting…")
    for number in range(35):
        sandbox.say(f"Said meanwhile: {number}.")
    ada.page.unroute(EVENTS)
    ada.reads("Said meanwhile: 34.").is_live().reads_nothing_of("Said meanwhile: 2.")
    for number in (2, 0):
        ada.page.get_by_role("link", name="Older messages").click()
        ada.reads(f"Said meanwhile: {number}.")


def test_a_word_of_ones_own_hides_nothing_that_was_said_before_it_while_the_tab_was_cut_off(
    ada: Member, sandbox: Sandbox
) -> None:
    ada.page.route(EVENTS, lambda route: route.abort("internetdisconnected"))
    ada.page.reload()
    expect(ada.connection).to_have_text("Reconnecting…")
    for number in range(35):
        sandbox.say(f"Said meanwhile: {number}.")
    ada.writes("A word of my own").reads("A word of my own")
    ada.page.unroute(EVENTS)
    ada.reads("Said meanwhile: 34.").is_live().reads_nothing_of("Said meanwhile: 2.")
    ada.page.get_by_role("link", name="Older messages").click()
    ada.reads("Said meanwhile: 2.").reads("A word of my own")


def test_a_word_of_ones_own_hides_nothing_that_was_said_before_it_while_webex_was_away(
    ada: Member, sandbox: Sandbox
) -> None:
    sandbox.fault("GET /v1/messages", status=502, times=2)
    expect(ada.connection).to_contain_text("Webex does not answer")
    for number in range(35):
        sandbox.say(f"Said meanwhile: {number}.")
    ada.writes("A word of my own").reads("A word of my own")
    ada.reads("Said meanwhile: 34.").is_live().reads_nothing_of("Said meanwhile: 2.")
    ada.page.get_by_role("link", name="Older messages").click()
    ada.reads("Said meanwhile: 2.").reads("A word of my own")


@pytest.mark.parametrize(
    ("to", "label", "href"),
    [({"to": "/spaces/new"}, "Go on there", "/spaces/new"), ({}, "Your spaces", "/spaces")],
)
def test_whoever_watches_a_space_that_webex_moves_is_led_on(
    ada: Member, to: dict[str, str], label: str, href: str
) -> None:
    news = f"event: ended\ndata: {json.dumps({'reason': 'moved', **to})}\n\n"
    ada.page.route(EVENTS, lambda route: route.fulfill(body=news, content_type=STREAM))
    ada.page.reload()
    expect(ada.connection).to_contain_text("Webex has moved this space to another region.")
    expect(ada.connection.get_by_role("link", name=label)).to_have_attribute("href", href)
    expect(ada.page.locator(".message")).to_have_count(0)


def test_of_two_messages_of_one_instant_the_one_outside_the_window_stays(ada: Member) -> None:
    messages = ada.page.locator("#messages > .message")
    first, *others = messages.evaluate_all("items => items.map(item => ({...item.dataset}))")
    ids, last = ["twin", *(other["id"] for other in others)], others[-1]["id"]
    window = json.dumps({"ids": ids, "oldest": first["created"]})
    news = f"event: window\ndata: {window}\n\nevent: gone\ndata: {json.dumps({'id': last})}\n\n"
    ada.page.route(EVENTS, lambda route: route.fulfill(content_type=STREAM, body=news))
    ada.page.reload()
    expect(ada.page.locator(f"[data-id='{last}']")).to_have_count(0)
    expect(ada.page.locator(f"[data-id='{first['id']}']")).to_have_count(1)


def test_a_stream_that_is_ended_again_and_again_is_opened_less_and_less_often(ada: Member) -> None:
    ended = 'event: ended\ndata: {"reason": "not_member"}\n\n'
    ada.page.route(EVENTS, lambda route: route.fulfill(content_type=STREAM, body=ended))
    ada.page.clock.install()
    ada.page.add_init_script(OPENED)
    ada.page.reload()
    opened: list[int] = []
    for _ in range(1000):
        ada.page.clock.fast_forward(500)
        opened = ada.page.evaluate("opened")
        if len(opened) >= 7:
            break
    waits = [later - earlier for earlier, later in pairwise(opened[:7])]
    least = [0, 1000, 2000, 4000, 8000, 15_000]
    assert [wait for wait, enough in zip(waits, least, strict=True) if wait < enough] == []


def test_a_question_that_is_never_answered_does_not_end_the_coming_back(ada: Member) -> None:
    asked: list[Route] = []

    def answer(route: Route) -> None:
        if route.request.resource_type == "fetch":
            asked.append(route)
        elif asked:
            route.continue_()
        else:
            route.fulfill(status=502)

    ada.page.route(EVENTS, answer)
    ada.page.clock.install()
    with ada.page.expect_request(lambda request: request.resource_type == "fetch"):
        ada.page.reload()
    ada.page.clock.fast_forward("01:00")
    ada.is_live()
    assert len(asked) == 1
    ada.page.unroute_all(behavior="ignoreErrors")


def test_one_tab_too_many_leaves_room_for_the_others(ada: Member) -> None:
    tabs = [ada, *(Member(ada.page.context.new_page()) for _ in range(7))]
    for tab in tabs[1:]:
        tab.goes_to("/widget").is_live()
    for tab in tabs[:4]:
        expect(tab.connection).to_contain_text("This space is open in too many tabs.")
        expect(tab.page.locator(".message")).to_have_count(0)
    ada.connection.get_by_role("link", name="Continue here").click()
    ada.is_live().writes("From the first tab again")
    tabs[-1].reads("From the first tab again")


def test_tabs_that_died_without_a_word_are_not_counted(ada: Member) -> None:
    ada.page.clock.install()
    for _ in range(4):
        tab = Member(ada.page.context.new_page())
        tab.page.add_init_script(DIES_WITHOUT_A_WORD)
        tab.goes_to("/widget").is_live().page.close()
    ada.page.clock.fast_forward(2000)
    other = Member(ada.page.context.new_page()).goes_to("/widget").is_live()
    ada.page.clock.fast_forward(2000)
    ada.writes("The first tab is still here")
    other.reads("The first tab is still here")
    ada.is_live()


def test_webex_being_down_is_shown_and_passes(ada: Member, sandbox: Sandbox) -> None:
    sandbox.fault("GET /v1/messages", status=502, times=2)
    expect(ada.connection).to_contain_text("Webex does not answer")
    sandbox.say("Here again")
    ada.reads("Here again").is_live()


def test_older_messages_come_when_the_reader_scrolls_up(ada: Member) -> None:
    expect(ada.page.locator(".message")).to_have_count(30)
    for _ in range(3):
        ada.scroll.evaluate("element => { element.scrollTop = 0 }")
        ada.page.wait_for_timeout(50)
    ada.scroll.evaluate("element => { element.scrollTop = 0 }")
    expect(ada.page.locator(".message")).to_have_count(len(LINES))
    created = ada.page.locator("#messages > .message").evaluate_all(
        "items => items.map(item => item.dataset.created)"
    )
    assert created == sorted(created)
    expect(ada.page.get_by_role("link", name="Older messages")).to_have_count(0)


def test_a_reader_of_old_messages_is_not_torn_away_but_told(ada: Member, sandbox: Sandbox) -> None:
    ada.scroll.evaluate("element => { element.scrollTop = 300 }")
    sandbox.say("One")
    sandbox.say("Two")
    unread = ada.page.get_by_role("button", name="2 new messages")
    expect(unread).to_be_visible()
    assert ada.page.title().startswith("(2) ")
    unread.click()
    expect(ada.message("Two")).to_be_in_viewport()
    expect(unread).to_be_hidden()


def test_new_messages_are_read_out(ada: Member, sandbox: Sandbox) -> None:
    sandbox.say("Can you hear me?")
    expect(ada.page.get_by_role("log")).to_have_text("Grace Hopper: Can you hear me?")


def test_space_and_message_are_a_click_away_in_webex_itself(ada: Member) -> None:
    space = f"webexteams://im?space={_uuid(DEMO_SPACE_ID)}"
    head = ada.page.locator(".space-head").get_by_role("link", name="Open in Webex")
    expect(head).to_have_attribute("href", space)
    said = ada.writes("Look at it there").message("Look at it there")
    said.hover()
    link = said.get_by_role(
        "link", name=re.compile("Open in Webex: Ada Lovelace: Look at it there")
    )
    message_id = said.locator("xpath=..").get_attribute("data-id")
    expect(link).to_have_attribute("href", f"{space}&message={_uuid(message_id or '')}")


def _uuid(webex_id: str) -> str:
    return base64.b64decode(webex_id + "=" * (-len(webex_id) % 4)).decode().rpartition("/")[2]


def test_a_file_is_saved_under_its_name(ada: Member) -> None:
    with ada.page.expect_download() as download:
        ada.page.get_by_role("link", name="agenda.txt").click()
    assert download.value.suggested_filename == "agenda.txt"
    assert download.value.path().read_text(encoding="utf-8").startswith("1. Who are we")


def test_no_token_reaches_the_browser(ada: Member, sandbox: Sandbox) -> None:
    seen: list[str] = []

    def keep(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        seen.append(f"{answer.headers} {answer.text()}")
        route.fulfill(response=answer)
        answer.dispose()

    ada.page.route(lambda url: "/events" not in url, keep)
    ada.goes_to("/widget").is_live().writes("Look at all of it").reads("Look at all of it")
    ada.page.unroute_all(behavior="wait")
    tokens = sandbox.confidential()["access_token"]
    assert tokens
    assert len(seen) > 3
    assert not [token for token in tokens if token in "".join(seen)]


def test_the_conversation_works_with_the_keyboard_alone(ada: Member) -> None:
    keyboard = ada.page.keyboard
    ada.composer.focus()
    keyboard.type("By hand")
    keyboard.press("Shift+Enter")
    keyboard.type("and by hand")
    keyboard.press("Enter")
    ada.reads("By hand")
    ada.page.locator(".message.mine > article").last.focus()
    keyboard.press("Tab")
    expect(ada.page.locator(":focus")).to_have_text("Reply")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(ada.composer).to_be_focused()
    expect(ada.page.get_by_text("Changing Ada Lovelace: By hand")).to_be_visible()
    keyboard.press("Escape")
    expect(ada.composer).to_have_value("")


def test_the_keyboard_gets_to_the_message_without_passing_every_button(ada: Member) -> None:
    skip = ada.page.get_by_role("link", name="Go to your message")
    for _ in range(3):
        ada.page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    ada.page.keyboard.press("Enter")
    expect(ada.composer).to_be_focused()


def test_nothing_is_typed_in_the_place_of_words_that_are_still_to_come(ada: Member) -> None:
    ada.writes("First").reads("First")
    held: list[Route] = []
    ada.page.route("**/api/space/messages/*", lambda route: held.append(route))  # noqa: PLW0108
    with ada.page.expect_request("**/api/space/messages/*"):
        ada.presses("Edit", "First")
    expect(ada.composer).not_to_be_editable()
    held[0].continue_()
    expect(ada.composer).to_be_editable()
    expect(ada.composer).to_have_value("First")
    ada.page.unroute_all(behavior="wait")


def test_what_is_begun_while_a_message_is_under_way_is_not_lost(ada: Member) -> None:
    ada.writes("First").reads("First")
    held: list[Route] = []
    ada.page.route("**/api/space/messages", lambda route: held.append(route))  # noqa: PLW0108
    with ada.page.expect_request("**/api/space/messages"):
        ada.types("Second").composer.press("Enter")
    ada.presses("Edit", "First")
    expect(ada.composer).to_have_value("First")
    held[0].continue_()
    ada.reads("Second")
    expect(ada.composer).to_have_value("First")
    ada.writes("First, changed").reads("First, changed")
    ada.page.unroute_all(behavior="wait")


@pytest.mark.parametrize("width", [320, 768, 1600])
def test_nothing_is_wider_than_the_window(
    new_window: NewWindow, sandbox: Sandbox, width: int
) -> None:
    sandbox.say("wide" * 500, file_name="name" * 40 + ".txt", file_text="x")
    sandbox.say(html="<pre><code>" + "x" * 900 + "</code></pre>")
    member = Member(new_window(viewport={"width": width, "height": 640}).new_page()).enters()
    member.reads("wide")
    assert member.page.evaluate("document.documentElement.scrollWidth") <= width
    expect(member.composer).to_be_in_viewport()
    assert member.scroll.evaluate("element => element.clientHeight") > 200


def test_times_are_the_readers_own(new_window: NewWindow) -> None:
    window = new_window(timezone_id="Asia/Tokyo", locale="ja-JP")
    member = Member(window.new_page()).enters()
    first = member.page.locator(".message time").first
    instant = first.get_attribute("datetime")
    expected = member.page.evaluate(
        "instant => new Intl.DateTimeFormat('ja-JP', {day: 'numeric', month: 'short',"
        " hour: 'numeric', minute: '2-digit', timeZone: 'Asia/Tokyo'}).format(new Date(instant))",
        instant,
    )
    expect(first).to_have_text(expected)


PHONE: dict[str, object] = {"viewport": {"width": 390, "height": 760}}
DARK: dict[str, object] = {"color_scheme": "dark", "viewport": {"width": 1040, "height": 760}}


@pytest.mark.parametrize(
    ("options", "widget", "spaces"),
    [(PHONE, "widget-phone", "spaces-phone"), (DARK, "widget-dark", "spaces-dark")],
    ids=["phone", "dark"],
)
def test_it_comes_up_on_a_phone_and_in_the_dark(
    new_window: NewWindow, shoot: Shoot, options: dict[str, object], widget: str, spaces: str
) -> None:
    member = Member(new_window(**options).new_page()).enters()
    member.reads("See you there!")
    shoot(member, widget)
    member.goes_to("/spaces").sees("Your spaces")
    shoot(member, spaces, whole=False)


def test_the_spaces_are_listed(ada: Member, shoot: Shoot) -> None:
    ada.goes_to("/spaces").sees("Your spaces")
    expect(ada.page.locator(".spaces li")).to_have_count(25)
    shoot(ada, "spaces", whole=False)
    ada.page.get_by_role("link", name="Upcoming events").click()
    ada.sees("Upcoming events").is_live()

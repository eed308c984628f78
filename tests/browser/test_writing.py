"""Writing in the space: files, mentions, emoji, and what is seen while a message is under way."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Route, expect

from harness.stack import Stack
from tests.browser.axe import looked_at, report
from tests.browser.conftest import NewWindow, Shoot
from tests.browser.member import Member
from tests.browser.sandbox import Sandbox

POST = "POST /v1/messages"
FILES = "**/api/space/files"
MESSAGES = "**/api/space/messages"
NOTES: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"1. Cake"}
# Hands files over as a browser does when they are dropped or pasted.
HAND_OVER = """([kind, name]) => {
  const files = new DataTransfer();
  files.items.add(new File(["x"], name, {type: "text/plain"}));
  const place = document.querySelector(kind === "paste" ? "#markdown" : ".conversation");
  const options = {bubbles: true, cancelable: true};
  place.dispatchEvent(kind === "paste"
    ? new ClipboardEvent(kind, {...options, clipboardData: files})
    : new DragEvent(kind, {...options, dataTransfer: files}));
}"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(SIGN_IN_RATE="1000r/s", SIGN_IN_BURST="1000") as stack:
        yield stack


@pytest.fixture
def ada(new_window: NewWindow) -> Member:
    return Member(new_window().new_page()).enters("ada@example.com")


@pytest.fixture
def grace(new_window: NewWindow) -> Member:
    return Member(new_window().new_page()).enters("grace@example.com")


def chosen(member: Member) -> list[str]:
    return member.page.locator("#chosen bdi").all_inner_texts()


def chooses(member: Member, *files: FilePayload) -> None:
    with member.page.expect_file_chooser() as chooser:
        member.page.get_by_role("button", name="Add files").click()
    chooser.value.set_files([*files])


def test_a_file_is_chosen_sent_with_words_and_saved_by_somebody_else(
    ada: Member, grace: Member
) -> None:
    chooses(ada, NOTES, {**NOTES, "name": "more.txt"})
    assert chosen(ada) == ["notes.txt", "more.txt"]
    ada.writes("What **we** need").reads("more.txt")
    assert chosen(ada) == []
    expect(ada.message("notes.txt").locator("strong", has_text="we")).to_be_visible()
    expect(ada.message("more.txt").locator(".body")).to_have_count(0)
    with grace.page.expect_download() as download:
        grace.message("notes.txt").get_by_role("link", name="notes.txt").click()
    assert download.value.path().read_bytes() == b"1. Cake"


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_file_is_dropped_or_pasted_and_taken_back(ada: Member, kind: str) -> None:
    ada.page.evaluate(HAND_OVER, [kind, "one.txt"])
    ada.page.evaluate(HAND_OVER, [kind, "two.txt"])
    assert chosen(ada) == ["one.txt", "two.txt"]
    ada.page.get_by_role("button", name="Remove one.txt").click()
    ada.composer.press("Enter")
    ada.reads("two.txt").reads_nothing_of("one.txt")


def test_how_much_of_a_file_has_left_is_shown(ada: Member) -> None:
    chooses(ada, NOTES)
    held: list[Route] = []
    ada.page.route(FILES, lambda route: held.append(route))  # noqa: PLW0108
    with ada.page.expect_request(FILES):
        ada.composer.press("Enter")
    expect(ada.page.get_by_role("progressbar", name="Sent of notes.txt")).to_be_visible()
    expect(ada.page.locator("#sending")).to_have_text("Sending…")
    held[0].continue_()
    ada.reads("notes.txt")
    expect(ada.page.locator("#sending")).to_be_empty()
    ada.page.unroute_all(behavior="wait")


def test_a_file_that_could_not_be_sent_stays_with_its_words_to_be_tried_again(
    ada: Member, sandbox: Sandbox
) -> None:
    sandbox.fault(POST, status=423, times=1)
    chooses(ada, NOTES)
    ada.types("Look").composer.press("Enter")
    expect(ada.complaint).to_contain_text("Webex cannot take the file right now")
    assert chosen(ada) == ["notes.txt"]
    expect(ada.composer).to_have_value("Look")
    ada.page.get_by_role("button", name="Try again").click()
    ada.reads("notes.txt").reads("Look")
    expect(ada.complaint).to_be_empty()
    expect(ada.page.get_by_role("button", name="Try again")).to_be_hidden()


def test_a_file_over_the_limit_is_refused_at_once(ada: Member, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(100 * 1024 * 1024 + 1)
    ada.page.locator("#files").set_input_files(large)
    expect(ada.complaint).to_have_text("large.bin is larger than 100 MB.")
    assert chosen(ada) == []


def test_a_message_under_way_is_shown_to_be(ada: Member) -> None:
    held: list[Route] = []
    ada.page.route(MESSAGES, lambda route: held.append(route))  # noqa: PLW0108
    with ada.page.expect_request(MESSAGES):
        ada.types("Slowly").composer.press("Enter")
    # Said before the request left, so at once.
    assert ada.page.locator("#sending").inner_text() == "Sending…"
    held[0].continue_()
    ada.reads("Slowly")
    expect(ada.page.locator("#sending")).to_be_empty()
    ada.page.unroute_all(behavior="wait")


def test_what_failed_is_tried_again_without_typing(ada: Member, sandbox: Sandbox) -> None:
    sandbox.fault(POST, status=503)
    ada.types("Not lost").composer.press("Enter")
    expect(ada.complaint).to_contain_text("Webex had a problem")
    sandbox.lift_faults()
    ada.page.get_by_role("button", name="Try again").click()
    ada.reads("Not lost")
    expect(ada.composer).to_have_value("")


def test_arrow_up_changes_ones_last_message_and_the_button_says_save(ada: Member) -> None:
    ada.writes("First").reads("First").writes("Secnd").reads("Secnd")
    ada.composer.press("ArrowUp")
    expect(ada.composer).to_have_value("Secnd")
    save = ada.page.get_by_role("button", name="Save")
    expect(save).to_be_visible()
    ada.types("Second")
    save.click()
    ada.reads("Second").reads_nothing_of("Secnd")
    expect(ada.page.get_by_role("button", name="Send", exact=True)).to_be_visible()


TABLE_AND_LIST = (
    "- one\n  - two\n\n1. three\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```py\nx = 1\n```"
)


def test_a_table_and_a_list_come_back_as_they_were_written(ada: Member) -> None:
    ada.writes(TABLE_AND_LIST).reads("three")
    ada.composer.press("ArrowUp")
    expect(ada.composer).to_have_value(TABLE_AND_LIST)


def test_somebody_is_mentioned_by_the_first_letters_of_their_name(
    ada: Member, grace: Member
) -> None:
    ada.composer.focus()
    ada.page.keyboard.type("Lunch, @gra")
    expect(ada.page.get_by_role("option")).to_have_text(["Grace Hopper"])
    ada.page.keyboard.press("Enter")
    expect(ada.composer).to_have_value("Lunch, @Grace Hopper ")
    ada.page.keyboard.type("?")
    ada.page.keyboard.press("Enter")
    expect(grace.message("Lunch").locator("spark-mention.me")).to_have_text("Grace Hopper")
    ada.composer.press("ArrowUp")
    expect(ada.composer).to_have_value("Lunch, @Grace Hopper ?")
    ada.page.keyboard.type("!")
    ada.page.keyboard.press("Enter")
    expect(grace.message("Lunch, Grace Hopper ?!").locator("spark-mention.me")).to_be_visible()


def test_a_name_that_was_typed_and_not_chosen_is_no_mention(ada: Member) -> None:
    ada.composer.focus()
    ada.page.keyboard.type("Mail ada@gra")
    expect(ada.page.get_by_role("option")).to_have_count(0)
    ada.page.keyboard.press("Enter")
    expect(ada.message("Mail").locator("spark-mention")).to_have_count(0)


def test_emoji_by_name_and_from_the_picker(ada: Member) -> None:
    ada.composer.focus()
    ada.page.keyboard.type("Done :tada:")
    expect(ada.composer).to_have_value("Done 🎉")
    ada.page.keyboard.type(" :rock")
    expect(ada.page.get_by_role("option")).to_have_text(["🚀 rocket"])
    ada.page.keyboard.press("Tab")
    expect(ada.composer).to_have_value("Done 🎉 🚀 ")
    button = ada.page.get_by_role("button", name="Emoji", exact=True)
    button.press("Enter")
    picker = ada.page.get_by_role("group", name="Emoji")
    expect(picker.get_by_role("button").first).to_be_focused()
    ada.page.keyboard.press("ArrowRight")
    ada.page.keyboard.press("Enter")
    expect(ada.composer).to_have_value("Done 🎉 🚀 ❤️")
    expect(ada.composer).to_be_focused()
    button.click()
    ada.page.keyboard.press("Escape")
    expect(picker).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    ada.heading.click()
    expect(picker).to_be_hidden()


def test_a_file_is_sent_without_a_script(
    ada: Member, new_window: NewWindow, tmp_path: Path
) -> None:
    kept = ada.page.context.storage_state()
    page = new_window(java_script_enabled=False, storage_state=kept).new_page()
    page.goto("/widget")
    (tmp_path / "plain.txt").write_bytes(b"1. Cake")
    page.get_by_label("Words for a file").fill("Without a script")
    page.get_by_label("File, up to 100 MB").set_input_files(tmp_path / "plain.txt")
    page.get_by_role("button", name="Send the file").click()
    expect(page).to_have_url(re.compile("/widget#end$"))
    with ada.page.expect_download() as download:
        ada.message("Without a script").get_by_role("link", name="plain.txt").click()
    assert download.value.path().read_bytes() == b"1. Cake"


def test_the_whole_list_is_seen_in_a_low_window(ada: Member) -> None:
    ada.page.set_viewport_size({"width": 320, "height": 256})
    ada.composer.focus()
    ada.page.keyboard.type("@")
    expect(ada.page.get_by_role("option")).not_to_have_count(0)
    for option in ada.page.get_by_role("option").all():
        expect(option).to_be_in_viewport(ratio=1)


def test_axe_finds_nothing_while_somebody_writes(ada: Member, shoot: Shoot) -> None:
    chooses(ada, NOTES)
    ada.composer.focus()
    ada.page.keyboard.type("Hello @")
    expect(ada.page.get_by_role("listbox")).to_be_visible()
    shoot(ada, "widget-mention", whole=False)
    found = list(looked_at(ada.page, "whom to mention"))
    ada.page.keyboard.press("Escape")
    ada.page.get_by_role("button", name="Emoji", exact=True).click()
    expect(ada.page.get_by_role("group", name="Emoji")).to_be_visible()
    found += looked_at(ada.page, "emoji")
    ada.page.keyboard.press("Escape")
    ada.page.locator(".people-box summary").click()
    expect(ada.page.get_by_role("group", name="People in this space")).to_be_visible()
    found += looked_at(ada.page, "people")
    ada.page.route(FILES, lambda route: route.abort("internetdisconnected"))
    ada.page.get_by_role("button", name="Send", exact=True).click()
    expect(ada.complaint).to_contain_text("It may have been sent")
    found += looked_at(ada.page, "may have been sent")
    assert not found, report(found)


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_a_picture_is_shown_where_it_was_said_and_large_when_pressed(
    ada: Member, grace: Member
) -> None:
    chooses(ada, {"name": "dot.png", "mimeType": "image/png", "buffer": PNG})
    ada.composer.press("Enter")
    small = grace.page.get_by_role("img", name="Picture: dot.png")
    expect(small).to_be_visible()
    assert small.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 1
    small.click()
    box = grace.page.get_by_role("dialog", name="Picture: dot.png")
    expect(box).to_be_visible()
    found = list(looked_at(grace.page, "a picture, large"))
    assert not found, report(found)
    grace.page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    small.click()
    grace.page.mouse.click(2, 2)
    expect(box).to_be_hidden()


def test_what_only_calls_itself_a_picture_is_a_file(ada: Member) -> None:
    chooses(ada, {"name": "lie.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"})
    with ada.page.expect_response("**/picture") as answer:
        ada.composer.press("Enter")
    assert answer.value.status == 404
    expect(ada.message("lie.png").get_by_role("link", name="lie.png", exact=True)).to_be_visible()
    expect(ada.page.get_by_role("img", name="Picture: lie.png")).to_have_count(0)

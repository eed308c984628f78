"""Cards as a browser draws them, under the policy of our pages and with nothing but our files."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import looked_at, report
from tests.browser.card_page import OWN_PICTURE, PNG, draw_cards, judged
from tests.browser.card_shapes import PICTURE, SHAPES, card, submit, text
from tests.browser.conftest import NewWindow

Draw = Callable[..., Page]


def shown(url: str) -> str | None:
    return OWN_PICTURE if url == PICTURE else None


@pytest.fixture
def draw(new_window: NewWindow) -> Draw:
    """Open a page with these cards, and wait until they are drawn."""

    def drawn(*contents: dict[str, Any], picture: bytes | None = PNG, **options: Any) -> Page:
        page = new_window(**options).new_page()
        draw_cards(page, [judged(content, shown) for content in contents], picture=picture)
        return page

    return drawn


def only(page: Page) -> Any:
    return page.locator(".message-card")


def test_every_shape_is_drawn_without_a_complaint(draw: Draw) -> None:
    page = draw(*SHAPES.values())
    boxes = page.locator(".message-card")
    expect(boxes).to_have_count(len(SHAPES))
    expect(page.locator(".message-card[data-state=failed]")).to_have_count(0)
    for name, box in zip(SHAPES, boxes.all(), strict=True):
        assert box.inner_text().strip() or box.locator("img, input").count(), name
    found = list(looked_at(page, "cards"))
    assert not found, report(found)


def test_a_cards_text_has_its_markdown_and_its_dates(draw: Draw) -> None:
    page = draw(SHAPES["text"])
    expect(only(page).locator("strong")).to_have_text("today")
    expect(only(page).locator("li")).to_have_text(["soup", "bread"])
    link = only(page).get_by_role("link", name="the kitchen")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(only(page)).not_to_contain_text("{{")


def test_a_picture_that_does_not_come_leaves_its_words(draw: Draw) -> None:
    page = draw(SHAPES["pictures"], picture=None)
    expect(only(page)).to_contain_text("A kitchen")
    expect(only(page)).to_contain_text("A soup")
    expect(only(page).locator("img")).to_have_count(0)


def test_a_picture_of_elsewhere_is_never_asked_for(draw: Draw) -> None:
    expect(only(draw(SHAPES["a picture of elsewhere"]))).to_contain_text("A cat that stays away")


def test_what_was_filled_in_is_submitted_as_webex_takes_it(draw: Draw) -> None:
    page = draw(SHAPES["inputs"])
    box = only(page)
    box.get_by_label("Name").fill("Zoë")
    box.get_by_label("Seats").fill("3")
    box.get_by_label("Vegan").check()
    box.get_by_label("One").select_option("blue")
    box.get_by_role("checkbox", name="Red, dark").check()
    box.get_by_role("checkbox", name="Blue").check()
    box.get_by_role("button", name="Send").click()
    expect(box.get_by_role("status")).to_have_text("Sent.")
    [[message_id, inputs]] = page.evaluate("submitted")
    assert message_id == "m0"
    assert inputs == {
        "kind": "booking",
        "name": "Zoë",
        "seats": "3",
        "vegan": "true",
        "one": "blue",
        "few": "red,blue",
    }


def test_data_that_is_a_word_is_submitted_under_a_name(draw: Draw) -> None:
    page = draw(SHAPES["inputs without a label"])
    only(page).get_by_label("Your town").fill("Turin")
    only(page).get_by_role("button", name="Send").click()
    expect(only(page).get_by_role("status")).to_have_text("Sent.")
    assert page.evaluate("submitted") == [["m0", {"data": "a word", "a": "Turin"}]]


def test_what_cannot_be_sent_stays_filled_in(draw: Draw) -> None:
    content = card(
        {"type": "Input.Text", "id": "name", "label": "Name"},
        actions=[submit(data={"refuse": "yes"})],
    )
    page = draw(content)
    only(page).get_by_label("Name").fill("Ada")
    only(page).get_by_role("button", name="Send").click()
    expect(only(page).get_by_role("status")).to_contain_text("Webex refuses it.")
    expect(only(page).get_by_label("Name")).to_have_value("Ada")


@pytest.mark.parametrize("name", ["Zoë", "Ana Maria", "O'Neill"])
def test_webexs_own_pattern_for_names_takes_names(draw: Draw, name: str) -> None:
    page = draw(SHAPES["a pattern for names"])
    only(page).get_by_label("Name").fill(name)
    only(page).get_by_role("button", name="Send").click()
    expect(only(page).get_by_role("status")).to_have_text("Sent.")


def test_what_is_wrong_in_an_input_is_told_at_once(draw: Draw) -> None:
    page = draw(SHAPES["a pattern for names"])
    only(page).get_by_label("Name").fill("1234")
    only(page).get_by_role("button", name="Send").click()
    expect(only(page).get_by_role("alert")).to_have_text("That is no name")
    found = list(looked_at(page, "a wrong answer"))
    assert not found, report(found)
    assert page.evaluate("submitted") == []


def test_what_a_card_hides_is_asked_for_when_it_is_shown(draw: Draw) -> None:
    other = {
        "type": "Input.Text",
        "label": "Other day",
        "isRequired": True,
        "errorMessage": "Which?",
    }
    box = {
        "type": "Container",
        "id": "box",
        "isVisible": False,
        "items": [{**other, "id": "other"}],
    }
    more = {"type": "Action.ToggleVisibility", "title": "Another day", "targetElements": ["box"]}
    page = draw(card(box, actions=[submit(), more]))
    send = only(page).get_by_role("button", name="Send")
    send.click()
    expect(only(page).get_by_role("status")).to_have_text("Sent.")
    only(page).get_by_role("button", name="Another day").click()
    send.click()
    expect(only(page).get_by_role("alert")).to_have_text("Which?")
    assert len(page.evaluate("submitted")) == 1


def test_more_than_five_buttons_are_shown(draw: Draw) -> None:
    expect(only(draw(SHAPES["many buttons"])).get_by_role("link")).to_have_count(8)


def test_no_id_of_a_card_is_in_the_page_and_its_actions_work(draw: Draw) -> None:
    secret = {**text("A secret"), "id": "secret", "isVisible": False}
    actions = SHAPES["more on request"]["actions"]
    page = draw(card(secret, actions=actions), SHAPES["ids of the page"])
    assert page.locator("#secret, #widget, #messages").count() == 0
    box = only(page).first
    box.get_by_role("button", name="Toggle").click()
    expect(box.get_by_text("A secret")).to_be_visible()
    controlled = box.get_by_role("button", name="Toggle").get_attribute("aria-controls")
    expect(page.locator(f"[id='{controlled}']")).to_have_text("A secret")
    box.get_by_role("button", name="More").click()
    expect(box.get_by_text("Here it is")).to_be_visible()


def test_the_page_keeps_its_own_click(draw: Draw) -> None:
    page = draw(SHAPES["text"])
    page.get_by_role("heading", name="Cards").click()
    assert page.evaluate("clicks") == 1


def test_a_newer_card_is_its_text_or_what_can_be_drawn(draw: Draw) -> None:
    page = draw(SHAPES["newer with a text"], SHAPES["newer"], SHAPES["unknown"], SHAPES["empty"])
    boxes = only(page)
    expect(boxes.nth(0)).to_contain_text("Look in Webex")
    expect(boxes.nth(0)).not_to_contain_text("not drawn")
    expect(boxes.nth(1)).to_contain_text("drawn")
    expect(boxes.nth(2)).to_contain_text("Instead of a chart")
    expect(boxes.nth(3)).to_contain_text("The message's own text")


def test_a_long_card_is_opened_by_hand(draw: Draw) -> None:
    page = draw(SHAPES["long"])
    assert height(page) < 700
    only(page).get_by_role("button", name="Show the whole card").click()
    assert height(page) > 1000


def height(page: Page) -> float:
    box = page.locator(".ac-adaptiveCard").bounding_box()
    assert box is not None
    return box["height"]


def test_without_a_script_the_text_is_there_with_a_way_to_webex(draw: Draw) -> None:
    page = draw(SHAPES["empty"])
    box = page.get_by_role("group", name="Card")
    expect(box).to_contain_text("The message's own text")
    expect(box.get_by_role("link", name="Open in Webex")).to_have_attribute(
        "href", "webexteams://im?space=x"
    )

"""Cards as a browser draws them, under the policy of our pages and with nothing but our files."""

import json
from collections.abc import Callable
from typing import Any

import jinja2
import pytest
from playwright.sync_api import Page, Route, expect

from app_service.moment import for_people
from app_service.space.card import read_card
from app_service.space.place import WIDGET
from common.web.assets import Assets
from common.web.security_headers import security_headers
from common.web.templating import know, template_options
from tests.browser.axe import looked_at, report
from tests.browser.card_shapes import PICTURE, SHAPES, card, submit, text
from tests.browser.conftest import NewWindow

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)
ASSETS = Assets()
DRAW = """
const { Cards } = await import(document.body.dataset.cards);
window.submitted = [];
window.clicks = 0;
document.onclick = () => { window.clicks += 1; };
const cards = new Cards({
  library: document.body.dataset.library,
  style: document.body.dataset.style,
  submit: async (id, inputs) => {
    if (inputs.refuse) throw new Error("Webex refuses it.");
    window.submitted.push([id, inputs]);
  },
});
for (const item of document.querySelectorAll(".message")) await cards.draw(item);
document.body.dataset.done = "yes";
"""
Draw = Callable[..., Page]


def templates() -> jinja2.Environment:
    environment = jinja2.Environment(**template_options(("app_service",)))  # noqa: S701 - it is in the options
    know(environment, static=ASSETS.path, sandbox=True)
    environment.filters["for_people"] = for_people
    return environment


def message(content: dict[str, Any], number: int) -> str:
    """A message as the page has it."""

    def picture(url: str) -> str | None:
        return "/widget/pictures/sealed" if url == PICTURE else None

    author = {"name": "Bot", "initials": "B", "avatar": None}
    said = {"id": f"m{number}", "person_id": "p", "created": "2026-11-29T10:00:00.000Z"}
    return (
        templates()
        .get_template("message.html")
        .render(
            place=WIDGET,
            message={**said, "changed": said["created"], "parent_id": None, "updated": None},
            author=author,
            body=None,
            card=read_card(json.dumps(content), "The message's own text", picture),
            webex="webexteams://im?space=x",
            files=[],
            when="10:00",
            replies=[],
        )
    )


@pytest.fixture
def draw(new_window: NewWindow) -> Draw:
    """Open a page with these cards, and wait until they are drawn."""

    def drawn(*contents: dict[str, Any], picture: bytes | None = PNG, **options: Any) -> Page:
        page = new_window(**options).new_page()
        body = "".join(message(content, number) for number, content in enumerate(contents))
        names = {"cards": "cards.js", "library": "vendor/adaptivecards.js", "style": "cards.css"}
        data = " ".join(f'data-{name}="{ASSETS.path(file)}"' for name, file in names.items())
        html = f"""<!doctype html><html lang="en"><title>Cards</title><meta charset="utf-8">
            <link rel="stylesheet" href="{ASSETS.path("site.css")}">
            <link rel="stylesheet" href="{ASSETS.path("widget.css")}">
            <script type="module" src="/drawing.js"></script>
            <body {data}><main><h1>Cards</h1><ol class="messages">{body}</ol></main></body></html>"""
        headers = {**security_headers(https=False, image_sources=()), "Content-Type": "text/html"}
        page.route("**/drawing", lambda route: route.fulfill(body=html, headers=headers))
        script = {"Content-Type": "text/javascript"}
        page.route("**/drawing.js", lambda route: route.fulfill(body=DRAW, headers=script))
        page.route("**/widget/pictures/*", lambda route: _picture(route, picture))
        page.goto("/drawing")
        expect(page.locator("body[data-done]")).to_have_count(1)
        return page

    return drawn


def _picture(route: Route, picture: bytes | None) -> None:
    if picture is None:
        route.fulfill(status=200, body=b"no picture", content_type="image/png")
    else:
        route.fulfill(body=picture, content_type="image/png")


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

"""What of a card reaches a browser: nothing too large, no address of a stranger, no HTML but our own."""

import json
from typing import Any

import pytest

from app_service.space.card import MAX_DEPTH, MAX_PARTS, Card, read_card
from app_service.space.message import CARD, card_source

SHOWN = "https://contents.example.webexcontent.com/picture"


def picture(url: str) -> str | None:
    return "/widget/pictures/sealed" if url == SHOWN else None


def card(*body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "AdaptiveCard", "version": "1.3", "body": list(body), **fields}


def judged(content: dict[str, Any], text: str = "said without the card") -> Card:
    return read_card(json.dumps(content), text, picture)


def body(content: dict[str, Any]) -> Any:
    drawn = judged(content).content
    assert drawn is not None
    return drawn["body"]


def test_the_card_of_a_message_is_the_attachment_that_says_so() -> None:
    other = {"contentType": "application/json", "content": {}}
    own = {"contentType": CARD, "content": {"type": "AdaptiveCard"}}
    assert card_source([other, own]) == '{"type": "AdaptiveCard"}'
    assert card_source([other]) is None
    odd: tuple[object, ...] = (None, "x", {}, [None, "x", 1])
    assert [card_source(each) for each in odd] == [None] * len(odd)


def test_text_that_is_markdown_comes_as_html_that_our_sanitiser_made() -> None:
    text = "**Bold** [site](https://example.com) [bad](javascript:alert(1)) <b>raw</b>"
    texts = judged(card({"type": "TextBlock", "text": text})).texts
    html = texts[text]
    assert "<strong>Bold</strong>" in html
    assert 'href="https://example.com"' in html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert "&lt;b&gt;" in html
    assert "href=" not in html.split("site</a>")[1]


@pytest.mark.parametrize("fraction", ["", ".203", ".203456789"])
def test_a_date_needs_no_whole_seconds_to_be_one(fraction: str) -> None:
    text = f"**On** {{{{DATE(2026-01-31T10:00:00{fraction}Z, SHORT)}}}}"
    text += f" at {{{{TIME(2026-01-31T10:00:00{fraction}+01:00)}}}}"
    whole = text.replace(fraction, "")
    content = card(
        {"type": "TextBlock", "text": text}, {"type": "TextBlock", "text": "10:00:00.5Z"}
    )
    assert [each["text"] for each in body(content)] == [whole, "10:00:00.5Z"]
    assert list(judged(content).texts) == [whole]


def test_a_card_full_of_what_opens_emphasis_is_its_text() -> None:
    full = [{"type": "TextBlock", "text": "*a **b _c [d " * 40} for _ in range(20)]
    assert judged(card(*full)).content is None
    assert judged(card(*full[:10])).content is not None


def test_plain_text_needs_no_html() -> None:
    assert judged(card({"type": "TextBlock", "text": "Ada & Bob <3"})).texts == {}


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "mailto:a@b.example",
        "tel:+1",
        "sip:a@b.example",
        "webexteams://im?space=x",
    ],
)
def test_a_button_opens_what_people_open(url: str) -> None:
    drawn = judged(card(actions=[{"type": "Action.OpenUrl", "url": url}])).content
    assert drawn is not None
    assert drawn["actions"] == [{"type": "Action.OpenUrl", "url": url}]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "ms-x:y",
        "/here",
        "",
        7,
        None,
    ],
)
def test_a_button_for_anything_else_is_not_there(url: object) -> None:
    content = card(
        {"type": "Container", "items": [], "selectAction": {"type": "Action.OpenUrl", "url": url}},
        actions=[{"type": "Action.OpenUrl", "url": url}, {"type": "Action.Submit", "title": "Go"}],
    )
    drawn = judged(content).content
    assert drawn is not None
    assert drawn["body"] == [{"type": "Container", "items": []}]
    assert [action["type"] for action in drawn["actions"]] == ["Action.Submit"]


def test_a_picture_comes_from_our_own_address_with_words_for_who_cannot_see_it() -> None:
    shown = {"type": "Image", "altText": "", "url": "/widget/pictures/sealed"}
    assert body(card({"type": "Image", "url": SHOWN})) == [shown]


def test_a_picture_of_elsewhere_is_its_words() -> None:
    [words] = body(
        card({"type": "Image", "url": "https://elsewhere.example/x", "altText": "A cat"})
    )
    assert (words["type"], words["text"]) == ("TextBlock", "A cat")
    assert body(card({"type": "Image", "url": "data:image/png;base64,AA"})) == []


def test_of_a_set_of_pictures_those_are_left_that_are_shown() -> None:
    images = [{"url": SHOWN}, {"url": "https://elsewhere.example/x", "altText": "B"}]
    [drawn] = body(card({"type": "ImageSet", "images": images}))
    assert [image["url"] for image in drawn["images"]] == ["/widget/pictures/sealed"]
    [words] = body(card({"type": "ImageSet", "images": images[1:]}))
    assert words["text"] == "B"


@pytest.mark.parametrize("name", ["backgroundImage", "iconUrl"])
def test_no_other_field_names_a_strangers_address(name: str) -> None:
    odd: tuple[object, ...] = ("https://a.example/x", {"url": "https://a.example/x"}, 1, [])
    for value in odd:
        assert name not in body(card({"type": "Container", "items": [], name: value}))[0]


def test_nothing_is_left_that_fetches_by_itself() -> None:
    media = {
        "type": "Media",
        "altText": "A talk",
        "sources": [{"url": "https://elsewhere.example/v"}],
    }
    content = card(media, refresh={"action": {}}, authentication={"text": "x"})
    drawn = judged(content)
    assert "elsewhere" not in drawn.json
    assert drawn.content is not None
    assert not {"refresh", "authentication"} & drawn.content.keys()
    assert drawn.content["body"][0]["text"] == "A talk"


def test_what_is_submitted_is_an_object_as_webex_wants_it() -> None:
    for data, wanted in (("text", {"data": "text"}), ([1], {"data": [1]}), ({"a": 1}, {"a": 1})):
        drawn = judged(card(actions=[{"type": "Action.Submit", "data": data}])).content
        assert drawn is not None
        assert drawn["actions"][0]["data"] == wanted


def test_a_card_that_is_newer_than_webex_draws_is_its_fallback_text() -> None:
    newer = judged(
        card({"type": "TextBlock", "text": "x"}, version="1.4", fallbackText="Look in Webex")
    )
    assert (newer.json, newer.fallback) == ("", "Look in Webex")


def test_a_newer_card_without_such_a_text_is_drawn_as_far_as_it_is_known() -> None:
    assert judged(card({"type": "TextBlock", "text": "x"}, version="99.0")).content is not None


@pytest.mark.parametrize("version", ["", "abc", None, 1.3, "1", "-1.0"])
def test_a_version_that_nobody_can_read_keeps_no_card_from_being_drawn(version: object) -> None:
    assert judged(card(version=version, fallbackText="x")).content is not None


def nested(depth: int) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "Container", "items": []}
    for _ in range(depth):
        part = {"type": "Container", "items": [part]}
    return part


@pytest.mark.parametrize(
    "content",
    [
        card(nested(MAX_DEPTH)),
        card(*({"type": "TextBlock"} for _ in range(MAX_PARTS + 1))),
        card({"type": "TextBlock", "text": "x" * 50_000}),
    ],
    ids=["deep", "many parts", "long"],
)
def test_what_is_too_much_for_a_browser_is_the_messages_text(content: dict[str, Any]) -> None:
    assert judged(content) == Card(None, {}, "said without the card")


@pytest.mark.parametrize("source", ["", "null", "[]", '"x"', "{", "[" * 100_000])
def test_what_is_no_card_is_the_messages_text(source: str) -> None:
    assert read_card(source, "said", picture) == Card(None, {}, "said")


def test_a_language_that_no_browser_knows_and_a_pattern_without_end_are_left_out() -> None:
    content = card({"type": "Input.Text", "id": "a", "regex": "a" * 501}, lang="x_!")
    drawn = judged(content).content
    assert drawn is not None
    assert "lang" not in drawn
    assert "regex" not in drawn["body"][0]

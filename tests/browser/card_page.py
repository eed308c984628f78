"""A page with cards on it, as the space's page has them: judged, under our policy, drawn by our script."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jinja2
from playwright.sync_api import Page, Route, expect

from app_service.moment import for_people
from app_service.space.card import Card, read_card
from app_service.space.place import WIDGET
from common.web.assets import Assets
from common.web.security_headers import security_headers
from common.web.templates import know, template_options

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)
OWN_PICTURE = "/widget/pictures/sealed"
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


def judged(content: Mapping[str, Any] | str, picture: Callable[[str], str | None]) -> Card:
    """The card as the service gives it to a page."""
    source = content if isinstance(content, str) else json.dumps(content)
    return read_card(source, "The message's own text", picture)


def draw_cards(page: Page, cards: Iterable[Card], *, picture: bytes | None = PNG) -> None:
    """Go to a page with these cards, and wait until they are drawn; every picture is `picture`."""
    body = "".join(_message(card, number) for number, card in enumerate(cards))
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


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(**template_options(("app_service",)))  # noqa: S701 - it is in the options
    know(environment, static=ASSETS.path, sandbox=True)
    environment.filters["for_people"] = for_people
    return environment


def _message(card: Card, number: int) -> str:
    author = {"name": "Bot", "initials": "B", "avatar": None}
    said = {"id": f"m{number}", "person_id": "p", "created": "2026-11-29T10:00:00.000Z"}
    return (
        _templates()
        .get_template("message.html")
        .render(
            place=WIDGET,
            message={**said, "changed": said["created"], "parent_id": None, "updated": None},
            author=author,
            body=None,
            card=card,
            webex="webexteams://im?space=x",
            files=[],
            when="10:00",
            replies=[],
        )
    )


def _picture(route: Route, picture: bytes | None) -> None:
    if picture is None:
        route.fulfill(status=200, body=b"no picture", content_type="image/png")
    else:
        route.fulfill(body=picture, content_type="image/png")

"""A card of a message (Adaptive Cards 1.0 to 1.3), made fit for the page.

What draws cards in the browser draws any version, opens any address and takes any size. So all of that is
judged here: what leaves this file is limited, its addresses are allowed ones, and its Markdown is HTML that
our sanitiser made. Sources: Adaptive Cards schema 1.3; Webex guide "Buttons and Cards".
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app_service.space.message_html import LINK_SCHEMES, clean_html

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

NEWEST_VERSION = (1, 3)
# Cisco's own examples have up to 4 kB, 12 levels and 60 parts. Deep nesting costs the browser more than
# its length says, and ends in an error there.
MAX_BYTES = 40_000
MAX_DEPTH = 40
MAX_PARTS = 1_000
MAX_REGEX = 500
# Of characters that open emphasis or a link: a card full of them takes 0.7 s to read, so many 50 ms.
MAX_MARKS = 2_000
MARKS = "*_~["
# Whose text is Markdown: TextBlock, Fact, Input.Toggle, Input.Choice.
MARKDOWN = ("text", "title", "value")
# What fetches by itself, signs in elsewhere, or is newer than Webex's cards.
NEVER = frozenset({"sources", "refresh", "authentication", "msTeams", "$data", "$when"})

# What the library takes for an instant in a text has whole seconds; JavaScript and Webex write fractions of
# one, as RFC 3339 allows (5.6), and people would read the braces.
_FRACTION = re.compile(r"(\{\{(?:DATE|TIME)\([0-9T:-]{19})\.[0-9]{1,9}(?=[Z+-])")
_VERSION = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})")
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")

# Gives a picture's address on this site; None for one that is not shown.
Picture = Callable[[str], str | None]


@cache
def _markdown() -> "MarkdownIt":
    # Imported with the first card: 60 modules, which a start need not wait for.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    return MarkdownIt("zero", {"breaks": True}).enable(
        ["emphasis", "escape", "link", "list", "newline", "strikethrough"]
    )


class TooMuchError(Exception):
    """Larger, deeper or of more parts than is shown."""


@dataclass(frozen=True)
class Card:
    """`content` is what the browser draws, None if nothing is; `texts` gives the HTML of its Markdown."""

    content: dict[str, Any] | None = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)
    fallback: str = field(repr=False)

    @cached_property
    def json(self) -> str:
        """For the page's script; empty if there is nothing to draw."""
        if self.content is None:
            return ""
        return json.dumps({"card": self.content, "texts": self.texts}, ensure_ascii=False)


def read_card(source: str, text: str, picture: Picture) -> Card:
    """Judge a card; what cannot be drawn is its fallback text, or the message's."""
    try:
        content = _decoded(source)
        said = _fallback_text(content) or text
        if _is_too_new(content.get("version")) and _fallback_text(content):
            return Card(None, {}, said)
        judge = _Judge(picture)
        return Card(judge.card(content), judge.texts, said)
    except TooMuchError:
        return Card(None, {}, text)


def _decoded(source: str) -> dict[str, Any]:
    if len(source.encode(errors="replace")) > MAX_BYTES:
        raise TooMuchError
    try:
        content = json.loads(source) if source else None
    except (ValueError, RecursionError):
        raise TooMuchError from None
    if not isinstance(content, dict):
        raise TooMuchError
    return content


def _fallback_text(content: Mapping[str, Any]) -> str:
    said = content.get("fallbackText")
    return said.strip() if isinstance(said, str) else ""


def _is_too_new(version: object) -> bool:
    """A version that nobody can read is drawn: the elements of it that are known are."""
    numbers = _VERSION.fullmatch(version) if isinstance(version, str) else None
    return numbers is not None and (int(numbers[1]), int(numbers[2])) > NEWEST_VERSION


class _Judge:
    """Copies a card, part by part, and leaves out what is not allowed."""

    def __init__(self, picture: Picture) -> None:
        self.texts: dict[str, str] = {}
        self._picture = picture
        self._parts = 0
        self._marks = 0

    def card(self, content: Mapping[str, Any]) -> dict[str, Any]:
        return self._fields(content, 0)

    def _part(self, part: Mapping[str, Any], depth: int) -> dict[str, Any] | None:
        """An element, an action or whatever else is an object; None if it is left out."""
        match part.get("type"):
            case "Image":
                return self._image(part, depth)
            case "ImageSet":
                return self._image_set(part, depth)
            case "Media":
                return _words(part.get("altText") or "A film or a recording: open it in Webex.")
            case "Action.OpenUrl" if not _is_allowed_link(part.get("url")):
                return None
            case "Action.OpenUrl":
                return {**self._fields(_named(part), depth), "url": part["url"]}
        return self._fields(_named(part), depth)

    def _fields(self, part: Mapping[str, Any], depth: int) -> dict[str, Any]:
        self._parts += 1
        if depth > MAX_DEPTH or self._parts > MAX_PARTS:
            raise TooMuchError
        fields = {name: self._field(name, value, depth) for name, value in part.items()}
        return {name: value for name, value in fields.items() if value is not None}

    def _field(self, name: str, value: object, depth: int) -> Any:
        if name in NEVER or name == "url":
            return None
        if name in ("iconUrl", "poster", "backgroundImage"):
            return self._background(value, depth)
        if name == "data":
            return _submitted(value)
        if name == "regex":
            return value if isinstance(value, str) and len(value) <= MAX_REGEX else None
        if name == "lang":
            return value if isinstance(value, str) and _LANG.fullmatch(value) else None
        if name in MARKDOWN and isinstance(value, str):
            value = _FRACTION.sub(r"\1", value)
            self._learn(value)
        return self._value(value, depth + 1)

    def _value(self, value: object, depth: int) -> Any:
        if isinstance(value, dict):
            return self._part(value, depth)
        if isinstance(value, list):
            if depth > MAX_DEPTH:
                raise TooMuchError
            judged = [self._value(each, depth + 1) for each in value]
            return [each for each in judged if each is not None]
        return value

    def _image(self, part: Mapping[str, Any], depth: int) -> dict[str, Any] | None:
        """The picture from our own address, or the words that stand for it."""
        url = self._allowed(part.get("url"))
        if url is None:
            return _words(part.get("altText"))
        return {**self._fields(part, depth), "altText": _text(part.get("altText")), "url": url}

    def _image_set(self, part: Mapping[str, Any], depth: int) -> dict[str, Any] | None:
        """Pictures without a `type` of their own are pictures here; words cannot stand among them."""
        given = [each for each in _items(part.get("images")) if isinstance(each, dict)]
        shown = [each for each in given if self._allowed(each.get("url"))]
        if not shown:
            said = filter(None, (_text(each.get("altText")) for each in given))
            return _words(", ".join(said))
        images = [self._image(each, depth + 1) for each in shown]
        return {**self._fields({**part, "images": []}, depth), "images": images}

    def _background(self, value: object, depth: int) -> Any:
        if isinstance(value, dict):
            url = self._allowed(value.get("url"))
            return {**self._fields(value, depth + 1), "url": url} if url else None
        return self._allowed(value)

    def _allowed(self, url: object) -> str | None:
        return self._picture(url) if isinstance(url, str) else None

    def _learn(self, text: str) -> None:
        """Keep the HTML of what is more than plain text."""
        self._marks += sum(map(text.count, MARKS))
        if self._marks > MAX_MARKS:
            raise TooMuchError
        html = clean_html(_markdown().render(text)).strip()
        if html.removeprefix("<p>").removesuffix("</p>") != clean_html(_escaped(text)):
            self.texts[text] = html


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _words(said: object) -> dict[str, Any] | None:
    """What stands where a picture would."""
    text = _text(said)
    if not text:
        return None
    return {"type": "TextBlock", "text": text, "wrap": True, "isSubtle": True}


def _named(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """An action without a title says what it does in its tooltip, which came with version 1.5."""
    is_action = _text(part.get("type")).startswith("Action.")
    if not is_action or _text(part.get("title")) or not _text(part.get("tooltip")):
        return part
    return {**part, "title": part["tooltip"]}


def _submitted(value: object) -> Any:
    """`inputs` of POST /attachment/actions is an object; what is none by itself goes under `data`."""
    return value if isinstance(value, dict) or value is None else {"data": value}


def _is_allowed_link(url: object) -> bool:
    if not isinstance(url, str) or not url.isprintable():
        return False
    try:
        return urlsplit(url.strip()).scheme in LINK_SCHEMES
    except ValueError:
        return False


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []

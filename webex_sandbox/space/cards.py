"""Adaptive Cards on messages: what Webex takes, and what it refuses (its guide "Buttons and Cards").

Webex knows the schema up to 1.3. A card is kept and given back to the letter.
"""

from typing import Any

from webex_sandbox.errors import WebexError

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
_DEEPEST = 50
_INPUTS = {f"Input.{name}" for name in ("Text", "Number", "Date", "Time", "Toggle", "ChoiceSet")}
_ELEMENTS = _INPUTS | {
    *("TextBlock", "Image", "Media", "RichTextBlock", "TextRun", "FactSet", "ImageSet"),
    *("ActionSet", "Container", "ColumnSet", "Column"),
}
_ACTIONS = {f"Action.{name}" for name in ("OpenUrl", "Submit", "ShowCard", "ToggleVisibility")}
# Where other elements, actions or cards lie.
_INSIDE = {
    "body": _ELEMENTS,
    "items": _ELEMENTS,
    "columns": {"Column"},
    "images": {"Image"},
    "inlines": {"TextRun"},
    "actions": _ACTIONS,
    "selectAction": _ACTIONS,
    "card": {"AdaptiveCard"},
}
# What may be written without its type, because nothing else can stand there.
_UNTYPED = {"columns", "images"}

Attachment = dict[str, Any]


def check_attachments(attachments: tuple[Attachment, ...]) -> None:
    """Hold what hangs on a message against what Webex takes.

    Raises:
        WebexError: 400 for anything but one card of a version that Webex knows.

    """
    if not attachments:
        return
    if len(attachments) > 1:
        raise WebexError(400, "Only one attachment is allowed per message.")
    [attachment] = attachments
    if attachment.get("contentType") != CONTENT_TYPE:
        raise WebexError(400, f"The contentType of an attachment must be {CONTENT_TYPE}.")
    card = attachment.get("content")
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise WebexError(400, "The content of an attachment must be an AdaptiveCard.")
    if card.get("version") not in _VERSIONS:
        raise WebexError(400, f"The version of a card must be one of {', '.join(_VERSIONS)}.")
    _check(card, "content", 0)


def _check(part: dict[str, Any], place: str, depth: int) -> None:
    if depth > _DEEPEST:
        raise WebexError(400, f"The card is nested more than {_DEEPEST} deep.")
    if part.get("type") in _INPUTS and not (isinstance(part.get("id"), str) and part["id"]):
        raise WebexError(400, f"{place}: an input needs an id.")
    for name, allowed in _INSIDE.items():
        if name not in part:
            continue
        inside = part[name]
        is_list = name not in {"selectAction", "card"}
        if isinstance(inside, list) != is_list:
            raise WebexError(400, f"{place}.{name} must be {'a list' if is_list else 'an object'}.")
        for number, one in enumerate(inside if is_list else [inside]):
            _check_one(name, one, allowed, f"{place}.{name}[{number}]", depth)


def _check_one(name: str, one: Any, allowed: set[str], place: str, depth: int) -> None:
    if name == "inlines" and isinstance(one, str):
        return
    if not isinstance(one, dict):
        raise WebexError(400, f"{place} must be an object.")
    kind = one.get("type")
    if kind is None and name in _UNTYPED:
        kind = next(iter(allowed))
    if kind not in allowed and "fallback" not in one:
        raise WebexError(400, f"{place} has a type that does not belong there.")
    _check(one, place, depth + 1)

"""Cards of our own, one for each thing that a card can be made of (Adaptive Cards 1.0 to 1.3)."""

from typing import Any

PICTURE = "https://contents.webexcontent.com/picture"


def card(*body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "AdaptiveCard", "version": "1.3", "body": list(body), **fields}


def text(said: str, **fields: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": said, "wrap": True, **fields}


def submit(**fields: Any) -> dict[str, Any]:
    return {"type": "Action.Submit", "title": "Send", **fields}


CHOICES = [{"title": "Red, dark", "value": "red"}, {"title": "Blue", "value": "blue"}]
COLOURS = ("default", "dark", "light", "accent", "good", "warning", "attention")
STYLES = ("default", "emphasis", "accent", "good", "warning", "attention")

SHAPES: dict[str, dict[str, Any]] = {
    "text": card(
        text("Lunch **today**", size="large", weight="bolder"),
        text("From [the kitchen](https://kitchen.example/menu), with:\n\n- soup\n- bread"),
        text("Until {{TIME(2026-11-29T13:30:00Z)}} on {{DATE(2026-11-29T13:30:00Z,SHORT)}}"),
    ),
    "few lines": card(text("**Much** is said here. " * 60, maxLines=2)),
    "marked": card(
        *(
            {
                "type": "Container",
                "style": style,
                "items": [
                    {
                        "type": "RichTextBlock",
                        "inlines": [
                            {"type": "TextRun", "text": colour, "color": colour, "highlight": True}
                            for colour in COLOURS
                        ],
                    }
                ],
            }
            for style in STYLES
        )
    ),
    "buttons without words": card(
        {
            "type": "Input.Text",
            "id": "a",
            "label": "A",
            "inlineAction": submit(title="", tooltip="Go"),
        },
        actions=[submit(title=""), submit(title=" ", iconUrl=PICTURE)],
    ),
    "colours": card(*(text(f"This is {colour}", color=colour) for colour in COLOURS)),
    "subtle": card(*(text(f"Subtle {colour}", color=colour, isSubtle=True) for colour in COLOURS)),
    "containers": card(
        *({"type": "Container", "style": style, "items": [text(f"In {style}")]} for style in STYLES)
    ),
    "columns": card(
        {
            "type": "ColumnSet",
            "columns": [
                {"type": "Column", "width": "auto", "items": [text("Left")]},
                {"type": "Column", "width": "stretch", "items": [text("Right, and wider")]},
            ],
        }
    ),
    "facts": card(
        {
            "type": "FactSet",
            "facts": [
                {"title": "Room", "value": "**Lovelace**"},
                {"title": "Seats", "value": "12"},
            ],
        }
    ),
    "rich text": card(
        {
            "type": "RichTextBlock",
            "inlines": [
                "Plain, ",
                {"type": "TextRun", "text": "bold, ", "weight": "bolder"},
                {"type": "TextRun", "text": "struck", "strikethrough": True},
            ],
        }
    ),
    "pictures": card(
        {"type": "Image", "url": PICTURE, "altText": "A kitchen", "size": "medium"},
        {"type": "ImageSet", "images": [{"type": "Image", "url": PICTURE, "altText": "A soup"}]},
    ),
    "a picture of elsewhere": card(
        {
            "type": "Image",
            "url": "https://elsewhere.example/x.png",
            "altText": "A cat that stays away",
        }
    ),
    "film": card(
        {"type": "Media", "altText": "A talk", "sources": [{"url": "https://a.example/v"}]}
    ),
    "inputs": card(
        {
            "type": "Input.Text",
            "id": "name",
            "label": "Name",
            "isRequired": True,
            "errorMessage": "Who?",
        },
        {"type": "Input.Text", "id": "note", "label": "Note", "isMultiline": True},
        {"type": "Input.Number", "id": "seats", "label": "Seats", "min": 1, "max": 9},
        {"type": "Input.Date", "id": "day", "label": "Day"},
        {"type": "Input.Time", "id": "hour", "label": "Hour"},
        {"type": "Input.Toggle", "id": "vegan", "title": "Vegan"},
        {"type": "Input.ChoiceSet", "id": "one", "label": "One", "choices": CHOICES},
        {
            "type": "Input.ChoiceSet",
            "id": "few",
            "label": "Few",
            "isMultiSelect": True,
            "choices": CHOICES,
        },
        actions=[submit(data={"kind": "booking"})],
    ),
    "inputs without a label": card(
        {"type": "Input.Text", "id": "a", "placeholder": "Your town"},
        {"type": "Input.ChoiceSet", "id": "b", "choices": CHOICES},
        actions=[submit(data="a word")],
    ),
    "a pattern for names": card(
        {
            "type": "Input.Text",
            "id": "name",
            "label": "Name",
            "regex": r"^[\p{L} .'-]+$",
            "isRequired": True,
            "errorMessage": "That is no name",
        },
        actions=[submit()],
    ),
    "more on request": card(
        text("There is more"),
        actions=[
            {"type": "Action.ShowCard", "title": "More", "card": card(text("Here it is"))},
            {"type": "Action.ToggleVisibility", "title": "Toggle", "targetElements": ["secret"]},
        ],
    ),
    "many buttons": card(
        actions=[
            {"type": "Action.OpenUrl", "title": f"Site {n}", "url": f"https://{n}.example"}
            for n in range(8)
        ]
    ),
    "ids of the page": card(
        {**text("I am #widget"), "id": "widget"}, {**text("And #messages"), "id": "messages"}
    ),
    "newer": card({"type": "Table", "rows": []}, text("drawn"), version="1.5"),
    "newer with a text": card(text("not drawn"), version="1.6", fallbackText="Look in Webex"),
    "unknown": card({"type": "Acme.Chart", "fallback": text("Instead of a chart")}),
    "empty": card(),
    "long": card(*(text(f"Line {n}") for n in range(80))),
}

"""What goes in and comes out at /api/space/…, as the API's description tells it."""

from typing import Annotated, Any

import msgspec

# What a request about the space may come to, besides what any request may.
FAILS = (400, 403, 404, 409, 413, 422, 502, 504)


# Of a person's files only two go at once.
FILE_FAILS = (*FAILS, 429)


class MessageShape(msgspec.Struct, rename="camel"):
    """A message, with its HTML as the page shows it."""

    id: str
    parent_id: str | None
    created: str
    changed: str
    html: str


class Excerpt(msgspec.Struct):
    """Messages, the oldest first; `older` is what `before` has to be for those before them."""

    items: list[MessageShape]
    older: str | None


class Called(msgspec.Struct):
    """A person by whom they are mentioned."""

    id: str
    name: str


class Roster(msgspec.Struct):
    items: list[Called]


class Typed(msgspec.Struct):
    """What was typed."""

    id: str
    markdown: str


class NewMessage(msgspec.Struct, rename="camel"):
    markdown: str
    parent_id: str | None = None
    writer: str | None = None


class NewFile(msgspec.Struct, rename="camel"):
    """`size` is that of the file, in bytes."""

    size: int
    file: Annotated[
        str, msgspec.Meta(extra_json_schema={"contentMediaType": "application/octet-stream"})
    ]
    markdown: str | None = None
    parent_id: str | None = None
    writer: str | None = None


class ChangedMessage(msgspec.Struct):
    markdown: str


class Inputs(msgspec.Struct):
    """What was typed into a card."""

    inputs: dict[str, Any]
    writer: str | None = None


class AccessToken(msgspec.Struct, rename="camel"):
    access_token: str

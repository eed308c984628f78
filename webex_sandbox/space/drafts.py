"""What somebody wants to say: a new message's body, as JSON or as a form with a file."""

from dataclasses import dataclass

from aiohttp import web
from aiohttp.web_request import FileField

from webex_sandbox.bodies import JsonObject, json_object
from webex_sandbox.errors import WebexError
from webex_sandbox.form import read_form
from webex_sandbox.space.messages import LONGEST_BYTES

_ADDRESSEES = ("roomId", "toPersonId", "toPersonEmail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    room_id: str
    to_person: str
    """E-mail address or id of the other person of a room of two."""
    text: str
    markdown: str
    parent_id: str
    upload: Upload | None


async def read_draft(request: web.Request) -> Draft:
    """Read a new message.

    Raises:
        WebexError: 400 for a message that is empty, too long, or goes nowhere.

    """
    if request.content_type == "multipart/form-data":
        fields, upload = await _form(request)
    else:
        fields, upload = await json_object(request), None
    if fields.texts("files"):
        raise WebexError(400, "The sandbox does not fetch files; send the file itself.")
    if sum(name in fields for name in _ADDRESSEES) != 1:
        raise WebexError(400, "One of roomId, toPersonId or toPersonEmail is required.")
    text, markdown = read_words(fields, needed=upload is None)
    return Draft(
        room_id=fields.text("roomId"),
        to_person=fields.text("toPersonEmail") or fields.text("toPersonId"),
        text=text,
        markdown=markdown,
        parent_id=fields.text("parentId"),
        upload=upload,
    )


def read_words(fields: JsonObject, *, needed: bool) -> tuple[str, str]:
    """Read text and markdown, and hold them against Webex's limit."""
    text, markdown = fields.text("text"), fields.text("markdown")
    if needed and not text.strip() and not markdown.strip():
        raise WebexError(400, "text or markdown is required.")
    if max(len(words.encode()) for words in (text, markdown)) > LONGEST_BYTES:
        raise WebexError(400, f"A message must not be longer than {LONGEST_BYTES} bytes.")
    return text, markdown


async def _form(request: web.Request) -> tuple[JsonObject, Upload | None]:
    form = await read_form(request)
    uploads = [value for value in form.values() if isinstance(value, FileField)]
    if len(uploads) > 1:
        raise WebexError(400, "Only one file is allowed per message.")
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return JsonObject(fields), _upload(uploads[0]) if uploads else None


def _upload(field: FileField) -> Upload:
    return Upload(name=field.filename, content_type=field.content_type, data=field.file.read())

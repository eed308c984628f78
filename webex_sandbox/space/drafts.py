"""What somebody wants to say: a new message's body, as JSON or as a form with a file."""

from dataclasses import dataclass

import msgspec
from aiohttp import web

from webex_sandbox.bodies import as_body, read_body, read_parts
from webex_sandbox.errors import WebexError
from webex_sandbox.space.cards import Attachment, check_attachments
from webex_sandbox.space.messages import LONGEST_BYTES

# Webex takes files of up to 100 MB; here with the rest of the form.
LARGEST_FORM = 100 * 1024 * 1024 + 64 * 1024


class Words(msgspec.Struct, kw_only=True, rename="camel"):
    """What a new message and a changed one have in common."""

    room_id: str = ""
    text: str = ""
    markdown: str = ""

    def check(self, *, needed: bool) -> None:
        """Hold the words against Webex's limit.

        Raises:
            WebexError: 400 for words that are too long, or missing.

        """
        if needed and not self.text.strip() and not self.markdown.strip():
            raise WebexError(400, "text or markdown is required.")
        if max(len(words.encode()) for words in (self.text, self.markdown)) > LONGEST_BYTES:
            raise WebexError(400, f"A message must not be longer than {LONGEST_BYTES} bytes.")


class NewMessage(Words):
    to_person_id: str = ""
    to_person_email: str = ""
    parent_id: str = ""
    files: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


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
    file_address: str
    attachments: tuple[Attachment, ...]


async def read_draft(request: web.Request) -> Draft:
    """Read a new message.

    Raises:
        WebexError: 400 for a message that is empty, too long, or goes nowhere, or with an
            attachment that is no card.

    """
    if request.content_type == "multipart/form-data":
        body, upload = await _form(request)
    else:
        body, upload = await read_body(request, NewMessage), None
    if len(body.files) > 1 or (body.files and upload):
        raise WebexError(400, "Only one file is allowed per message.")
    if body.attachments and (body.files or upload):
        raise WebexError(400, "A message has a file or a card, not both.")
    check_attachments(body.attachments)
    addressees = (body.room_id, body.to_person_id, body.to_person_email)
    if sum(map(bool, addressees)) != 1:
        raise WebexError(400, "One of roomId, toPersonId or toPersonEmail is required.")
    body.check(needed=not (upload or body.files or body.attachments))
    return Draft(
        room_id=body.room_id,
        to_person=body.to_person_email or body.to_person_id,
        text=body.text,
        markdown=body.markdown,
        parent_id=body.parent_id,
        upload=upload,
        file_address=body.files[0] if body.files else "",
        attachments=body.attachments,
    )


async def _form(request: web.Request) -> tuple[NewMessage, Upload | None]:
    fields: dict[str, str] = {}
    uploads: list[Upload] = []
    async for part, data in read_parts(request.clone(client_max_size=LARGEST_FORM)):
        if part.filename is None:
            fields[part.name or ""] = data.decode(errors="replace")
        else:
            content_type = part.headers.get("Content-Type", "")
            uploads.append(Upload(name=part.filename, content_type=content_type, data=data))
    if len(uploads) > 1:
        raise WebexError(400, "Only one file is allowed per message.")
    return as_body(fields, NewMessage), uploads[0] if uploads else None

"""A file that a person sends, read as it arrives: a form whose fields come before the file (RFC 7578)."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from app_service.space import failures as space_failures
from app_service.space.counted_body import counted_form
from app_service.space.files import MAX_FILE_BYTES, plain_name
from app_service.space.guard import is_id
from common.web.least_rate import LEAST_RATE, LeastRate
from common.webex.upload import Upload

FILE = "file"
MOST_FIELDS = 6
# Message, ids and the form's own lines, beside the file.
MAX_FIELDS_BYTES = 64 * 1024
CHUNK_BYTES = 65536
# Until the file begins.
PATIENCE_SECONDS = 30
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class FileForm:
    markdown: str = field(repr=False)
    parent_id: str | None
    writer: str | None
    upload: Upload


async def read_file_form(request: web.Request) -> FileForm:
    """Read up to where the file begins; raise a Failure for what is no such form, or too large.

    A script says in the field `size` how many bytes the file has. Without a script the length of the
    whole form tells, as the file is the last of it. Another size than was said is noticed on the way.
    """
    if (request.content_length or 0) > MAX_FILE_BYTES + MAX_FIELDS_BYTES:
        raise space_failures.file_over_limit()
    if request.content_type != "multipart/form-data":
        raise space_failures.not_valid()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await _read(request)
    except (ValueError, LookupError, RuntimeError, HttpProcessingError):
        raise space_failures.not_valid() from None
    except (OSError, web.RequestPayloadError):  # a TimeoutError is an OSError
        raise space_failures.upload_broken() from None


async def _read(request: web.Request) -> FileForm:
    reader, body = counted_form(request, MAX_FIELDS_BYTES)
    fields: dict[str, str] = {}
    for _ in range(MOST_FIELDS):
        part = await reader.next()
        if not isinstance(part, BodyPartReader) or part.name is None:
            break
        if part.name == FILE:
            said = fields.get("size", str(body.rest_of(request, reader)))
            return _form({**fields, "size": said}, part, request.app[LEAST_RATE])
        fields[part.name] = bytes(await part.read()).decode()
    raise space_failures.not_valid()


def _form(fields: dict[str, str], part: BodyPartReader, rate: LeastRate) -> FileForm:
    size, parent_id = fields.get("size", ""), fields.get("parentId") or None
    if not re.fullmatch(r"[0-9]{1,12}", size) or (parent_id is not None and not is_id(parent_id)):
        raise space_failures.not_valid()
    if int(size) > MAX_FILE_BYTES:
        raise space_failures.file_over_limit()
    said = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    upload = Upload(
        name=plain_name(part.filename or ""),
        content_type=said if MEDIA_TYPE.fullmatch(said) else UNKNOWN_TYPE,
        size=int(size),
        source=_chunks(part, rate),
    )
    return FileForm(fields.get("markdown", ""), parent_id, fields.get("writer"), upload)


async def _chunks(part: BodyPartReader, rate: LeastRate) -> AsyncIterator[bytes]:
    read = rate.reader(lambda: part.read_chunk(CHUNK_BYTES))
    while not part.at_eof():
        yield await read()

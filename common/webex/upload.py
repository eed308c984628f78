"""A form with a file, on its way to Webex as it arrives here: never whole in memory (RFC 7578)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from aiohttp import MultipartWriter
from aiohttp.payload import AsyncIterablePayload


class UploadBrokenError(Exception):
    """What was to be sent did not come, or not as much as was said."""


@dataclass
class Upload:
    """`size` is in bytes, said before; it is the length that Webex is told."""

    name: str = field(repr=False)
    content_type: str
    size: int
    source: AsyncIterator[bytes] = field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the content; raise UploadBrokenError for another size, and for whatever the source raises."""
        passed = 0
        try:
            async for chunk in self.source:
                passed += len(chunk)
                if passed > self.size:
                    break
                yield chunk
        except Exception as error:
            raise UploadBrokenError from error
        if passed != self.size:
            raise UploadBrokenError


class _File(AsyncIterablePayload):
    """Of a known size, so that the request has a Content-Length and is not sent in chunks."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload.chunks(), content_type=upload.content_type)
        self._size = upload.size


def form(fields: Mapping[str, str], file_field: str, upload: Upload) -> MultipartWriter:
    """The fields, then the file. Its name goes as browsers write it: UTF-8, in quotes."""
    writer = MultipartWriter("form-data")
    for name, value in fields.items():
        writer.append(value).set_content_disposition("form-data", name=name)
    file = _File(upload)
    file.set_content_disposition(
        "form-data", quote_fields=False, name=file_field, filename=upload.name
    )
    writer.append_payload(file)
    return writer

"""One request over HTTP/2 without TLS, frame by frame: just enough to see what nginx answers by itself."""

import asyncio
import struct
from dataclasses import dataclass

from local_stack.ports import HOST

DATA, HEADERS, SETTINGS = 0, 1, 4
END_STREAM, END_HEADERS = 0x1, 0x4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@dataclass
class Answered:
    """What came back. Of the fields only the status is read, and only if it is in no table of HPACK."""

    fields: bytes = b""
    body: bytes = b""

    def has_status(self, status: int) -> bool:
        return self.fields.startswith(b"\x48\x03%d" % status)


async def post(port: int, path: str, length: int, body: bytes) -> Answered:
    """Announce a body of that length and send its beginning; return the whole answer."""
    fields = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "x"),
        ("content-length", str(length)),
    )
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(PREFACE + _frame(SETTINGS, 0, 0, b""))
    writer.write(_frame(HEADERS, END_HEADERS, 1, b"".join(_field(*each) for each in fields)))
    writer.write(_frame(DATA, 0, 1, body))
    try:
        return await asyncio.wait_for(_answer(reader), 10)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> Answered:
    answer, ended = Answered(), False
    while not ended:
        high, low, kind, flags, stream = struct.unpack(">BHBBL", await reader.readexactly(9))
        payload = await reader.readexactly((high << 16) + low)
        answer.fields += payload if kind == HEADERS else b""
        answer.body += payload if kind == DATA else b""
        ended = stream == 1 and kind in (DATA, HEADERS) and bool(flags & END_STREAM)
    return answer


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">BHBBL", 0, len(payload), kind, flags, stream) + payload


def _field(name: str, value: str) -> bytes:
    """Neither compressed nor kept by the other side."""
    return b"\0" + b"".join(bytes([len(text)]) + text.encode() for text in (name, value))

"""HTTP/1.1 as a load generator needs it: one request at a time on a kept connection, and little CPU."""

import asyncio
from dataclasses import dataclass, field
from typing import Self

HOST = "127.0.0.1"
# As a browser that opens a page; mod_auth_openidc sends nobody else to sign in.
ACCEPT = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"


def content_length(head: bytes) -> int:
    """The value of Content-Length in a head, 0 without one."""
    _, found, after = head.lower().partition(b"\r\ncontent-length:")
    return int(after.partition(b"\r\n")[0]) if found else 0


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of this name (lower case), or an empty text."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass
class Cookies:
    """A browser's cookies of one site, without their attributes but with their end."""

    values: dict[str, str] = field(default_factory=dict)

    def take(self, answer: Answer) -> None:
        for key, line in answer.headers:
            if key == "set-cookie":
                self._set(line)

    def header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.values.items())

    def _set(self, line: str) -> None:
        pair, _, attributes = line.partition(";")
        name, _, value = pair.strip().partition("=")
        ended = "max-age=0" in attributes.lower() or "01 jan 1970" in attributes.lower()
        if ended or not value:
            self.values.pop(name, None)
        else:
            self.values[name] = value


class Wire:
    """One connection to one port of 127.0.0.1; opened when first needed, and again when it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, target: str, cookies: str = "") -> Answer:
        """GET; raise OSError or EOFError when the connection breaks.

        On a kept connection that the server closes just then, it asks again, as browsers do
        (RFC 9110 section 9.2.2).
        """
        line = f"Cookie: {cookies}\r\n" if cookies else ""
        request = f"GET {target} HTTP/1.1\r\nHost: localhost:{self._port}\r\n{ACCEPT}{line}\r\n"
        was_kept = self._reader is not None
        try:
            answer = await self._asked(request)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            began_to_answer = isinstance(error, asyncio.IncompleteReadError) and error.partial
            if not was_kept or began_to_answer:
                raise
            answer = await self._asked(request)
        if answer.header("connection").lower() == "close":
            self.close()
        return answer

    async def _asked(self, request: str) -> Answer:
        try:
            reader, writer = await self._connection()
            writer.write(request.encode("latin-1"))
            return await _read(reader)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._reader is None or self._writer is None or self._reader.at_eof():
            self.close()
            self._reader, self._writer = await asyncio.open_connection(HOST, self._port)
        return self._reader, self._writer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status_line, *lines = head[:-4].split("\r\n")
    headers = [(key.lower(), value.strip()) for key, _, value in (x.partition(":") for x in lines)]
    answer = Answer(int(status_line.split(" ", 2)[1]), headers, b"")
    if answer.header("transfer-encoding").lower() == "chunked":
        answer.body = await _read_chunks(reader)
    elif length := int(answer.header("content-length") or 0):
        answer.body = await reader.readexactly(length)
    return answer


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body

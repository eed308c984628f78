"""A service played by a test: it keeps every byte that nginx sends, and answers as it is told."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from local_stack.ports import HOST

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"


@dataclass(frozen=True)
class Received:
    """One request as it arrived. Header names are in lower case."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name.lower()]

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.headers}


Act = Callable[[asyncio.StreamWriter], Awaitable[None]]


class PlayedService:
    """Listens on a port of 127.0.0.1 and answers `ok`, or does what `act` does."""

    def __init__(self, port: int, act: Act | None = None) -> None:
        self._port = port
        self._act = act or _say_ok
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.received: list[Received] = []

    @property
    def connections(self) -> int:
        """How many connections were opened so far."""
        return len(self._connections)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HOST, self._port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        for task, writer in self._connections.items():
            writer.close()
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections[task] = writer
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                self.received.append(await _request(reader))
                await self._act(writer)
                await writer.drain()
        writer.close()


async def _say_ok(writer: asyncio.StreamWriter) -> None:
    writer.write(ANSWER)


async def _request(reader: asyncio.StreamReader) -> Received:
    """Read strictly: nginx speaks plain HTTP/1.1, whatever its client spoke."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head.removesuffix("\r\n\r\n").split("\r\n")
    headers = [(name.lower(), value) for name, _, value in (f.partition(": ") for f in fields)]
    length = int(dict(headers).get("content-length", "0"))
    return Received(line, headers, await reader.readexactly(length))

"""Requests as no client would send them, byte by byte."""

import asyncio

from local_stack.ports import HOST


async def exchange(port: int, request: bytes, *, seconds: float = 5) -> bytes:
    """Send the bytes, and return all that comes back until the other side hangs up.

    A connection that is kept open is left after this many seconds of silence.
    """
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(request)
    answer = b""
    try:
        while piece := await asyncio.wait_for(reader.read(65536), seconds):
            answer += piece
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    return answer


def statuses(answer: bytes) -> list[int]:
    """The status of each answer in the bytes."""
    lines = (line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 "))
    return [int(line.split(b" ")[1]) for line in lines]

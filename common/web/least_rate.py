"""What somebody sends has to come at a least rate; a total time would end what is large and honest."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import StreamReader, web


class LeastRate:
    """Bytes a second, on average over `window_seconds` of waiting for the sender, not for Webex."""

    def __init__(self, bytes_a_second: int, *, window_seconds: float) -> None:
        self._window = window_seconds
        self._least = bytes_a_second * window_seconds

    def reader(self, read: Callable[[], Awaitable[bytes]]) -> Callable[[], Awaitable[bytes]]:
        """Return `read` for one sender, which then raises TimeoutError if too little comes."""
        clock = asyncio.get_running_loop().time
        waited, came = 0.0, 0

        async def watched() -> bytes:
            nonlocal waited, came
            began = clock()
            async with asyncio.timeout(self._window):
                piece = await read()
            waited, came = waited + clock() - began, came + len(piece)
            if waited >= self._window:
                if came < self._least:
                    raise TimeoutError
                waited, came = 0.0, 0
            return piece

        return watched

    async def read_whole(self, request: web.Request) -> None:
        """Have `request.read()` read all, and keep it; raise TimeoutError if too little comes."""
        watch = _Watch(request.content, self._least, self._window)
        try:
            await request.read()
        finally:
            watch.end()


class _Watch:
    """Has whoever reads the body get a TimeoutError, if less than that came in so many seconds."""

    def __init__(self, content: StreamReader, least: float, seconds: float) -> None:
        self._content, self._least, self._seconds = content, least, seconds
        self._look_later()

    def end(self) -> None:
        self._timer.cancel()

    def _look_later(self) -> None:
        self._came = self._content.total_bytes
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look)

    def _look(self) -> None:
        if self._content.total_bytes - self._came < self._least:
            self._content.set_exception(TimeoutError())
        else:
            self._look_later()


LEAST_RATE = web.AppKey("LEAST_RATE", LeastRate)

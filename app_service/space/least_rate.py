"""What a person sends has to come at a least rate; a total time would end what is large and honest."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

# The rate is an average over so long.
WINDOW_SECONDS = 30.0


class LeastRate:
    """Bytes a second, counted over the time that is spent waiting for the sender, not for Webex."""

    def __init__(self, bytes_a_second: int, *, window_seconds: float = WINDOW_SECONDS) -> None:
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


LEAST_RATE = web.AppKey("LEAST_RATE", LeastRate)

"""Bodies of requests, which nginx passes on as they come: a handler begins when all of it is here.

nginx limits the time between two pieces of a body, and so does not end one that comes a byte at a time.
"""

from time import monotonic

from aiohttp import web

from common.failures import too_slow
from common.telemetry.access_log import WAITED_SECONDS
from common.web.least_rate import LEAST_RATE

STREAMED = web.AppKey("STREAMED", set[web.AbstractRoute])
"""The routes whose handlers read the body by themselves, as it comes."""


async def read_body(request: web.Request) -> None:
    """Read the body before the handler is asked; raise a Failure if it comes too slowly."""
    if request.match_info.route in request.app[STREAMED]:
        return
    began = monotonic()
    try:
        await request.app[LEAST_RATE].read_whole(request)
    except TimeoutError:
        raise too_slow() from None
    finally:
        request[WAITED_SECONDS] = monotonic() - began

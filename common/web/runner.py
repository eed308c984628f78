"""What gunicorn's worker runs: the application with our access log and limits."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from common.telemetry import access_log
from common.web.sent import LastWord
from common.web.serve import SHUTDOWN_SECONDS

# nginx closes an idle connection after 60 s. It must be the first to do so: a request that nginx sends
# while the service closes would be lost.
KEEPALIVE_SECONDS = 75
# Bytes. nginx lets 8 kB of a line in, but joins the cookies of several lines to 32 kB (HTTP/2).
LONGEST_LINE = 65536

EntryPoint = Callable[[], Awaitable[web.AppRunner]]


def entry_point(app: web.Application) -> EntryPoint:
    """What each worker awaits. The application is made by then: before the fork, workers share it."""

    async def serve() -> web.AppRunner:
        return runner(app)

    return serve


def runner(app: web.Application) -> web.AppRunner:
    """The application as it is served."""
    return web.AppRunner(
        app,
        access_log_class=LastWord,
        access_log=access_log.log,
        keepalive_timeout=KEEPALIVE_SECONDS,
        # nginx limits these, at half of it. Here they would end in an answer that quotes what came.
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )

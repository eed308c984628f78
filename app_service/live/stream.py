"""GET /api/space/events, GET /api/spaces/ID/events: live messages as server-sent events."""

import asyncio
import contextlib

from aiohttp import web

from app_service.live.feeds import FEEDS
from app_service.live.viewer import Viewer
from app_service.moment import is_moment
from app_service.openapi import operation
from app_service.space.guard import space_of
from app_service.space.shapes import FAILS
from app_service.space.spaces import OpenSpace
from app_service.visitor.signed_in import SESSIONS, proof_ends, signed_in
from common.failures import TryLater
from common.sessions.visitor import Visitor

# A browser that does not take its bytes for so long is gone.
WRITE_SECONDS = 30
MOST_STREAMS = 5000


@operation(gives=str, kind="text/event-stream", query=("since", "brief"), fails=FAILS)
async def events(request: web.Request) -> web.StreamResponse:
    """Send what the browser missed since `since` or its last event id, then what comes.

    Of too many streams of one person the oldest ends with "too_many". A browser that was told so asks
    with `brief` now and then: it gets a stream again if there is room, and else what it missed.
    The stream ends when the session or the membership ends, and before the service stops. That of a bound
    session ends with the short cookie that opened it; the browser renews the cookie when it comes back.
    """
    visitor = await signed_in(request)
    here = await _let_in(request, visitor)
    response = await _begun(request)
    viewer = Viewer(
        visitor, _since(request), proof_ends(request, visitor), brief="brief" in request.query
    )
    live = request.app[FEEDS].join(here, viewer)
    # Not in a function of its own: each stream that waits would hold one frame more.
    try:
        await _look_again(request, viewer)
        while not viewer.is_over:
            if not viewer.waits:
                await viewer.news()
            async with asyncio.timeout(WRITE_SECONDS):
                # No name for it: it would be kept until the next one comes, of every stream another copy.
                await response.write(viewer.take())
    except (ConnectionError, TimeoutError):
        # Gone, or as good as gone: nothing more can be said.
        if request.transport is not None:
            request.transport.abort()
    finally:
        live.leave(viewer)
    return response


async def _let_in(request: web.Request, visitor: Visitor) -> OpenSpace:
    """The space to watch; raise a Failure if the visitor may not, or if there is no room."""
    here, feeds = space_of(request, visitor), request.app[FEEDS]
    if feeds.streams >= MOST_STREAMS or not feeds.has_room_for(here):
        raise _full()
    await here.admission.check(visitor)
    return here


async def _begun(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            # nginx and its like must pass each event on at once.
            "X-Accel-Buffering": "no",
        }
    )
    await response.prepare(request)
    # Sent; nobody asks for them any more.
    response.headers.clear()
    return response


async def _look_again(request: web.Request, viewer: Viewer) -> None:
    """End the stream if the session has ended since it was read.

    From now on the viewer hears of its end. What was announced before, nobody was there to hear.
    """
    # A store that does not answer proves nothing.
    with contextlib.suppress(TryLater):
        if await request.app[SESSIONS].load(viewer.visitor.ticket) is None:
            viewer.end("signed_out")


def _since(request: web.Request) -> str | None:
    for value in (request.headers.get("Last-Event-ID"), request.query.get("since")):
        if is_moment(value):
            return value
    return None


def _full() -> TryLater:
    return TryLater(
        title="Too many are watching",
        what_happened="This server shows spaces live to as many as it can.",
        status=503,
        slug="too_many_streams",
        retry_after=30,
    )

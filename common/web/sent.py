"""What was sent is let go of.

aiohttp keeps the answer that a connection had last until its next one is made. nginx keeps its connections,
and that next one may be a stream: for hours it would hold the page that its person saw before.
"""

from aiohttp import web

from common.telemetry.access_log import AccessLog, is_whole


class LastWord(AccessLog):
    """aiohttp's last call for each answer, whatever became of it."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        super().log(request, response, time)
        response.headers.clear()
        # Only a response of this kind has one.
        if is_whole(type(response)):
            response.body = None  # type: ignore[attr-defined]

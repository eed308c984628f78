"""What was sent is let go of.

aiohttp keeps the answer that a connection had last until its next one is made. nginx keeps its connections,
and that next one may be a stream: for hours it would hold the page that its person saw before.
"""

from typing import cast

from aiohttp import web

from common.telemetry.access_log import AccessLog, is_whole


class LastWord(AccessLog):
    """aiohttp's last call for each answer, whatever became of it."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        super().log(request, response, time)
        response.headers.clear()
        if is_whole(type(response)):
            cast("web.Response", response).body = None

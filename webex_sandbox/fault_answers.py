"""The answers that a fault gives instead of Webex's own."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from aiohttp import web

from webex_sandbox.answers import CONTENT_TYPE
from webex_sandbox.errors import WebexError, webex_answer
from webex_sandbox.tracking import tracking_id

Endless = Literal["", "flood", "drip"]
Cut = Literal["", "before", "inside"]
ENDLESS: tuple[str, ...] = get_args(Endless)
CUT: tuple[str, ...] = get_args(Cut)

LARGEST_SIZE = 64 * 1024 * 1024
_PIECE = b" " * 65_536
_DRIP_SECONDS = 0.2
# "Endless" ends some time after every sensible client has left.
_FLOOD_PIECES = 4_096
_DRIPS = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultAnswer:
    status: int = 0
    body: str | None = None
    """To the letter; without one, a status from 400 up speaks as Webex does."""
    content_type: str = CONTENT_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    size: int = 0
    """Bytes of blanks, instead of a body."""
    endless: Endless = ""
    """flood: as fast as it is read; drip: a byte every 0.2 s."""
    cut: Cut = ""
    """End the connection before the answer, or inside its body."""

    @property
    def is_empty(self) -> bool:
        return self == FaultAnswer()

    def as_json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "body": self.body,
            "content_type": self.content_type,
            "headers": self.headers,
            "size": self.size,
            "endless": self.endless,
            "cut": self.cut,
        }

    async def send(self, request: web.Request) -> web.StreamResponse:
        if self.cut:
            return await self._cut(request)
        if self.endless:
            return await self._send_endless(request)
        return self._whole(request)

    def _whole(self, request: web.Request) -> web.Response:
        status = self.status or 200
        if self.body is None and not self.size and status >= 400:
            return webex_answer(WebexError(status, headers=self.headers), tracking_id(request))
        body = b" " * self.size if self.size else (self.body or "").encode()
        return web.Response(status=status, body=body, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": self.content_type, **self.headers}

    async def _send_endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=self.status or 200, headers=self._headers())
        await response.prepare(request)
        # Clients are expected to leave.
        with suppress(ConnectionError):
            await (self._flood(response) if self.endless == "flood" else self._drip(response))
        return response

    @staticmethod
    async def _flood(response: web.StreamResponse) -> None:
        for _ in range(_FLOOD_PIECES):
            await response.write(_PIECE)

    @staticmethod
    async def _drip(response: web.StreamResponse) -> None:
        for _ in range(_DRIPS):
            await asyncio.sleep(_DRIP_SECONDS)
            await response.write(b" ")

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=self.status or 200, headers=self._headers())
        if self.cut == "inside":
            # Twice as much is announced as will come.
            body = (self.body or '{"items":').encode()
            response.content_length = 2 * len(body)
            await response.prepare(request)
            await response.write(body)
        if request.transport:
            request.transport.close()
        return response

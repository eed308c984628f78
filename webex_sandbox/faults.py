"""Faults on demand: what Webex does on a bad day, at one route or at all of them."""

from asyncio import sleep
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from webex_sandbox.answers import CONTENT_TYPE
from webex_sandbox.calls import grant_type_of, route_of
from webex_sandbox.errors import WebexError, webex_answer
from webex_sandbox.tracking import tracking_id

Endless = Literal["", "flood", "drip"]
Cut = Literal["", "before", "inside"]

LARGEST_SIZE = 64 * 1024 * 1024
_PIECE = b" " * 65_536
_DRIP_SECONDS = 0.2
# "Endless" ends some time after every sensible client has left.
_FLOOD_PIECES = 4_096
_DRIPS = 3_000

ANY_ROUTE = "*"
_LONGEST_DELAY = 30.0


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
            await sleep(_DRIP_SECONDS)
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


@dataclass(slots=True, kw_only=True)
class Fault:
    route: str
    """As in `GET /v1/people/me`, or `*` for the whole API."""
    grant_type: str = ""
    """At the token endpoint: only for this grant type."""
    skip: int = 0
    """How many calls pass before it starts, as under a rate limit."""
    times: int | None = None
    """How many calls it hits; without a number, all."""
    delay: float = 0.0
    """Seconds to wait before the answer; 30 at most."""
    after_handling: bool = False
    """Let Webex do what was asked, and spoil only the answer."""
    answer: FaultAnswer = field(default_factory=FaultAnswer)
    id: int = 0
    hits: int = 0

    def wants(self, route: str, grant_type: str) -> bool:
        if self.route not in {route, ANY_ROUTE} or self.grant_type not in {"", grant_type}:
            return False
        return self.times is None or self.hits < self.times

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "route": self.route,
            "grant_type": self.grant_type,
            "skip": self.skip,
            "times": self.times,
            "delay": self.delay,
            "after_handling": self.after_handling,
            "hits": self.hits,
            **self.answer.as_json(),
        }


class Faults:
    """The faults that are set; the first one that wants a call gets it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._last_id = 0

    def reset(self) -> None:
        self._faults.clear()

    def add(self, fault: Fault) -> None:
        self._last_id += 1
        fault.id = self._last_id
        self._faults.append(fault)

    def remove(self, fault_id: int) -> bool:
        before = len(self._faults)
        self._faults = [fault for fault in self._faults if fault.id != fault_id]
        return len(self._faults) < before

    def all(self) -> list[Fault]:
        return list(self._faults)

    def next_for(self, route: str, grant_type: str) -> Fault | None:
        for fault in self._faults:
            if not fault.wants(route, grant_type):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.hits += 1
            return fault
        return None


FAULTS = web.AppKey("FAULTS", Faults)


@web.middleware
async def commit_faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    faults = request.app[FAULTS]
    if not request.path.startswith(("/v1/", "/idb/")) or not faults.all():
        return await handler(request)
    fault = faults.next_for(route_of(request), await grant_type_of(request))
    return await (_spoilt(request, handler, fault) if fault else handler(request))


async def _spoilt(request: web.Request, handler: Handler, fault: Fault) -> web.StreamResponse:
    handled = await handler(request) if fault.after_handling else None
    await sleep(min(fault.delay, _LONGEST_DELAY))
    if request.transport is None or request.transport.is_closing():
        # Whoever asked has gone away; nothing is done, or undone, for them.
        return web.Response(status=503)
    if not fault.answer.is_empty:
        return await fault.answer.send(request)
    return handled or await handler(request)

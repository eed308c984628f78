"""Faults on demand: what Webex does on a bad day, at one route or at all of them."""

from asyncio import sleep
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from webex_sandbox.calls import grant_type_of, route_of
from webex_sandbox.fault_answers import FaultAnswer

ANY_ROUTE = "*"
_LONGEST_DELAY = 30.0


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

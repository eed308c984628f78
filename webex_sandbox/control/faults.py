"""/_sandbox/faults: set, list and lift faults; `webex_sandbox.faults` says what each field does."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from webex_sandbox.answers import CONTENT_TYPE, json_answer
from webex_sandbox.bodies import Switch, read_body
from webex_sandbox.errors import WebexError
from webex_sandbox.faults import ANY_ROUTE, FAULTS, LARGEST_SIZE, Cut, Endless, Fault, FaultAnswer

_Count = Annotated[int, Meta(ge=0)]


class NewFault(Switch):
    route: str
    grant_type: str = ""
    skip: _Count = 0
    times: _Count | None = None
    delay: Annotated[float, Meta(ge=0)] = 0
    after_handling: bool = False
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    body: str | None = None
    content_type: str = CONTENT_TYPE
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    size: Annotated[int, Meta(ge=0, le=LARGEST_SIZE)] = 0
    endless: Endless = ""
    cut: Cut = ""

    def answer(self) -> FaultAnswer:
        return FaultAnswer(
            status=self.status or 0,
            body=self.body,
            content_type=self.content_type,
            headers=self.headers,
            size=self.size,
            endless=self.endless,
            cut=self.cut,
        )


async def faults(request: web.Request) -> web.Response:
    """List the faults that are set."""
    return json_answer({"items": [fault.as_json() for fault in request.app[FAULTS].all()]})


async def add_fault(request: web.Request) -> web.Response:
    """Set a fault at a route (“GET /v1/people/me”, or “*”).

    grant_type: only for this one; skip: calls that pass first; times: calls that are hit; delay:
    seconds, 30 at most; after_handling: do what was asked and spoil only the answer; status,
    headers, content_type, body; size: bytes; endless: “flood” or “drip”; cut: “before” or
    “inside”.
    """
    body = await read_body(request, NewFault)
    texts = (*body.headers, *body.headers.values(), body.content_type)
    if any(not text.isprintable() for text in texts):
        raise WebexError(400, "headers must be printable.")
    fault = Fault(
        route=_route(request, body.route),
        grant_type=body.grant_type,
        skip=body.skip,
        times=body.times,
        delay=body.delay,
        after_handling=body.after_handling,
        answer=body.answer(),
    )
    request.app[FAULTS].add(fault)
    return json_answer(fault.as_json())


async def lift_faults(request: web.Request) -> web.Response:
    """Lift all faults."""
    request.app[FAULTS].reset()
    return web.Response(status=204)


async def lift_fault(request: web.Request) -> web.Response:
    """Lift one fault."""
    if not request.app[FAULTS].remove(int(request.match_info["fault_id"])):
        raise WebexError(404)
    return web.Response(status=204)


def _route(request: web.Request, wanted: str) -> str:
    known = sorted(
        f"{route.method} {route.resource.canonical}"
        for route in request.app.router.routes()
        if route.resource
        and route.resource.canonical.startswith(("/v1/", "/idb/"))
        and not route.resource.canonical.endswith("/")
    )
    if wanted not in {ANY_ROUTE, *known}:
        raise WebexError(400, f"route must be one of {', '.join([ANY_ROUTE, *known])}.")
    return wanted

"""/_sandbox/faults: set, list and lift faults.

POST takes `{"route": "GET /v1/people/me"}` or `"*"`, and any of grant_type, skip, times, delay,
after_handling, status, body, content_type, headers, size, endless ("flood", "drip"), cut
("before", "inside"). `webex_sandbox.faults` and `webex_sandbox.fault_answers` say what each does.
"""

from typing import cast

from aiohttp import web

from webex_sandbox.answers import CONTENT_TYPE, json_answer
from webex_sandbox.bodies import JsonObject, json_object
from webex_sandbox.errors import WebexError
from webex_sandbox.fault_answers import CUT, ENDLESS, LARGEST_SIZE, Cut, Endless, FaultAnswer
from webex_sandbox.faults import ANY_ROUTE, FAULTS, Fault


async def faults(request: web.Request) -> web.Response:
    return json_answer({"items": [fault.as_json() for fault in request.app[FAULTS].all()]})


async def add_fault(request: web.Request) -> web.Response:
    body = await json_object(request)
    fault = Fault(
        route=_route(request, body),
        grant_type=body.text("grant_type"),
        skip=int(body.number("skip")),
        times=int(body.number("times")) if "times" in body else None,
        delay=body.number("delay"),
        after_handling=body.flag("after_handling"),
        answer=_answer(body),
    )
    body.nothing_else()
    request.app[FAULTS].add(fault)
    return json_answer(fault.as_json())


async def lift_faults(request: web.Request) -> web.Response:
    request.app[FAULTS].reset()
    return web.Response(status=204)


async def lift_fault(request: web.Request) -> web.Response:
    if not request.app[FAULTS].remove(int(request.match_info["fault_id"])):
        raise WebexError(404)
    return web.Response(status=204)


def _route(request: web.Request, body: JsonObject) -> str:
    wanted = body.needed_text("route")
    known = sorted(
        f"{route.method} {route.resource.canonical}"
        for route in request.app.router.routes()
        if route.resource and route.resource.canonical.startswith(("/v1/", "/idb/"))
    )
    if wanted not in {ANY_ROUTE, *known}:
        raise WebexError(400, f"route must be one of {', '.join([ANY_ROUTE, *known])}.")
    return wanted


def _answer(body: JsonObject) -> FaultAnswer:
    status, size = int(body.number("status")), int(body.number("size"))
    headers, content_type = body.text_map("headers"), body.text("content_type", CONTENT_TYPE)
    if status and not 200 <= status <= 599:
        raise WebexError(400, "status must be between 200 and 599.")
    if size > LARGEST_SIZE:
        raise WebexError(400, f"size must not be more than {LARGEST_SIZE}.")
    if any(not text.isprintable() for text in (*headers, *headers.values(), content_type)):
        raise WebexError(400, "headers must be printable.")
    return FaultAnswer(
        status=status,
        body=body.text("body") if "body" in body else None,
        content_type=content_type,
        headers=headers,
        size=size,
        endless=cast("Endless", _one_of(body, "endless", ENDLESS)),
        cut=cast("Cut", _one_of(body, "cut", CUT)),
    )


def _one_of(body: JsonObject, name: str, allowed: tuple[str, ...]) -> str:
    value = body.text(name)
    if value not in allowed:
        raise WebexError(400, f"{name} must be one of {', '.join(filter(None, allowed))}.")
    return value

"""Counters of calls, per route; at the token endpoint also per grant type."""

from collections import Counter

from aiohttp import web
from aiohttp.typedefs import Handler

from webex_sandbox.bodies import read_form

_ROUTE = web.RequestKey("ROUTE", str)
_GRANT_TYPES = {"authorization_code", "refresh_token"}
_TOKEN_ROUTES = {"POST /v1/access_token", "POST /idb/oauth2/v1/access_token"}


def route_of(request: web.Request) -> str:
    """Name the route of a request by its template, for example `GET /v1/rooms/{room_id}`.

    A slash at the end makes no other route.
    """
    resource = request.match_info.route.resource
    place = resource.canonical if resource else "(unknown)"
    return f"{request.method} {place.rstrip('/') or place}"


def route_taken(request: web.BaseRequest) -> str:
    """Name the route of a request for the log, where requests come that were never routed."""
    route: str = request.get(_ROUTE, "(unreadable)")
    return route


async def grant_type_of(request: web.Request) -> str:
    """Name the grant type of a request to the token endpoint; "" elsewhere."""
    if route_of(request) not in _TOKEN_ROUTES:
        return ""
    grant_type = (await read_form(request)).get("grant_type", "")
    return grant_type if isinstance(grant_type, str) and grant_type in _GRANT_TYPES else "other"


class Calls:
    """How often each route was asked, faults included."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def reset(self) -> None:
        self._counts.clear()

    def add(self, route: str) -> None:
        self._counts[route] += 1

    def counts(self) -> dict[str, int]:
        return dict(sorted(self._counts.items()))


CALLS = web.AppKey("CALLS", Calls)


@web.middleware
async def count_calls(request: web.Request, handler: Handler) -> web.StreamResponse:
    route = request[_ROUTE] = route_of(request)
    if not route.endswith("(unknown)") and "/_sandbox" not in route:
        request.app[CALLS].add(route)
        grant_type = await grant_type_of(request)
        if grant_type:
            request.app[CALLS].add(f"{route} {grant_type}")
    return await handler(request)

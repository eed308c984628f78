"""What the home page says about addresses and switches: what their handlers say first."""

from collections.abc import Iterator
from inspect import cleandoc

from aiohttp import web

_SWITCHES = "/_sandbox"
_ADDRESSES = ("/v1/", "/idb/")
_ENDS = ("\n\nRaises:", "\n\nReturns:")

Entry = tuple[str, str]


def addresses(app: web.Application) -> list[Entry]:
    """List what is answered as Webex answers it."""
    return [(name, said.partition("\n")[0]) for name, said in _entries(app, _ADDRESSES)]


def switches(app: web.Application) -> list[Entry]:
    """List what the sandbox does on demand, with what a body may hold."""
    return [(name, " ".join(said.split())) for name, said in _entries(app, (_SWITCHES,))]


def _entries(app: web.Application, beginnings: tuple[str, ...]) -> Iterator[Entry]:
    for route in app.router.routes():
        place = route.resource.canonical if route.resource else ""
        # aiohttp answers HEAD wherever it answers GET, and a slash at the end changes nothing.
        if place.startswith(beginnings) and route.method != "HEAD" and not place.endswith("/"):
            said = cleandoc(route.handler.__doc__ or "")
            for end in _ENDS:
                said = said.partition(end)[0]
            yield f"{route.method} {place}", said

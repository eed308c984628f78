"""The tracking id of a request, and the headers that every answer carries."""

from aiohttp import web

from webex_sandbox.ids import new_uuid

_TRACKING_ID = web.RequestKey("TRACKING_ID", str)

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def tracking_id(request: web.BaseRequest) -> str:
    """Give the request's tracking id; the header and an error body must say the same one."""
    known = request.get(_TRACKING_ID)
    if known is None:
        known = request[_TRACKING_ID] = f"SANDBOX_{new_uuid().upper()}"
    return known


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["trackingid"] = tracking_id(request)
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)

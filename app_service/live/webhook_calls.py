"""POST /api/webhook: what Webex says, signed."""

from aiohttp import web

from app_service.live.webhook import SIGNATURE_HEADER, WEBHOOK
from common.failures import Refused


async def webhook(request: web.Request) -> web.Response:
    """204 for every call with Webex's signature, whatever becomes of it; 401 for any other."""
    if WEBHOOK not in request.app:
        raise web.HTTPNotFound
    raw = await request.read()
    hook = request.app[WEBHOOK]
    if not hook.is_genuine(raw, request.headers.get(SIGNATURE_HEADER)):
        raise _not_signed()
    await hook.hear(raw)
    return web.Response(status=204)


def _not_signed() -> Refused:
    return Refused(
        title="Not signed",
        what_happened="The call does not carry the signature of this webhook.",
        status=401,
        slug="webhook_not_signed",
    )

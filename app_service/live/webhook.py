"""Webex's webhooks for spaces: whether a call is Webex's, and what it says.

Source: Webex guide "Webhooks". A call carries no text of a message: that is fetched with a viewer's own
token.
"""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from app_service.live.migration import Migration
from app_service.live.registrations import Registration, Registrations, label_of
from app_service.live.signature import is_signed
from app_service.news import News
from app_service.openapi import operation
from common.failures import Refused
from common.sessions.keys import notice_key
from common.sessions.sealing import Sealer
from common.store.access import RedisAccess

PATH = "/api/webhook"
EVENTS = ("created", "updated", "deleted")
PURPOSE = "webhook"
# Webex repeats a delivery for some minutes if it is not sure that it arrived.
REMEMBERED_SECONDS = 3600
MAX_ID = 512


@dataclass(frozen=True)
class Notice:
    """Something happened to a message."""

    event: str
    message_id: str
    room_id: str

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Notice | None":
        """Read a call's body; None if it is not about a message."""
        body = _object(raw)
        try:
            values = (body["event"], body["data"]["id"], body["data"]["roomId"])
        except (KeyError, TypeError):
            return None
        if not all(map(_is_id, values)):
            return None
        return cls(*values) if body.get("resource") == "messages" and values[0] in EVENTS else None


class Webhook:
    """Checks calls, forgets repeats, and spreads the news."""

    def __init__(
        self, redis: RedisAccess, sealer: Sealer, news: News, registrations: Registrations
    ) -> None:
        self._redis = redis
        self._sealer = sealer
        self._news = news
        self._registrations = registrations

    async def registration_of(self, raw: bytes, headers: MultiMapping[str]) -> Registration | None:
        """The webhook of ours whose call this is, signed with its secret; None for any other call.

        Raises:
            StoreUnavailable: Redis, which knows the secrets, cannot be asked.

        """
        body = _object(raw)
        label = label_of(body.get("name"))
        registration = await self._registrations.find(label) if label else None
        if registration is None or not is_signed(raw, headers, registration.secret):
            return None
        return registration if registration.webhook_id in ("", body.get("id")) else None

    async def hear(self, raw: bytes, registration: Registration) -> None:
        """Take a genuine call: once per message and event, and only of the webhook's own space."""
        migration = Migration.of(_object(raw), registration.room_id, is_id=_is_id)
        if migration is not None:
            await self._news.spread_move(registration.room_id, migration.new_id)
            return
        notice = Notice.from_bytes(raw)
        if notice is None or notice.room_id != registration.room_id:
            return
        # A message can be edited many times; looking once too often costs one call.
        if notice.event == "updated" or await self._is_new(notice):
            await self._news.spread(notice.room_id, told=True)

    async def _is_new(self, notice: Notice) -> bool:
        both = f"{notice.event} {notice.message_id}"
        name = self._sealer.fingerprints(both, purpose=PURPOSE)[0]
        key = notice_key(name)
        kept = self._redis.client.set(key, b"1", nx=True, ex=REMEMBERED_SECONDS)
        return bool(await self._redis.run(kept))


@operation(
    takes=dict[str, Any], headers=("X-Spark-Signature",), fails=(401, 404, 413), for_strangers=True
)
async def webhook(request: web.Request) -> web.Response:
    """POST /api/webhook: 204 for every call with Webex's signature, whatever becomes of it; else 401."""
    if WEBHOOK not in request.app:
        raise web.HTTPNotFound
    raw = await request.read()
    hook = request.app[WEBHOOK]
    registration = await hook.registration_of(raw, request.headers)
    if registration is None:
        raise _not_signed()
    await hook.hear(raw, registration)
    return web.Response(status=204)


def _object(raw: bytes) -> dict[str, Any]:
    """Read a body that should be a JSON object; an empty one for any other."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _is_id(value: object) -> bool:
    """JSON can also spell what is no text at all: half a surrogate pair, which nothing can encode."""
    return isinstance(value, str) and 0 < len(value) <= MAX_ID and value.isascii()


def _not_signed() -> Refused:
    return Refused(
        title="Not signed",
        what_happened="The call does not carry the signature of this webhook.",
        status=401,
        slug="webhook_not_signed",
    )


WEBHOOK = web.AppKey("WEBHOOK", Webhook)

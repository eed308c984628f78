"""Deliveries of webhooks: signed, in the background, and tried again when they fail."""

import asyncio
import hmac
import json
import logging
from collections.abc import AsyncIterator, Collection

import aiohttp
from aiohttp import web

from webex_sandbox.clock import timestamp
from webex_sandbox.ids import ORG_ID
from webex_sandbox.space.conversation import Event
from webex_sandbox.space.memberships import Memberships
from webex_sandbox.space.webhooks import Webhook, Webhooks

SPARK_SIGNATURE, WEBEX_SIGNATURE = "X-Spark-Signature", "X-Webex-Signature"
SIGNATURES = (SPARK_SIGNATURE, WEBEX_SIGNATURE)
RETRY_AFTER_SECONDS = (1.0, 2.0, 4.0)
_TIMEOUT = aiohttp.ClientTimeout(total=10)
# Webex switches a webhook off that has failed this often without a success between.
_MOST_FAILURES = 100

_logger = logging.getLogger(__name__)


class Deliveries:
    """Sends events to the webhooks that want them.

    `copies` makes each one come repeatedly; `signatures` are the headers that are sent.
    """

    def __init__(self, webhooks: Webhooks, memberships: Memberships) -> None:
        self._webhooks = webhooks
        self._memberships = memberships
        self._http: aiohttp.ClientSession | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self.copies = 1
        self.signatures: tuple[str, ...] = SIGNATURES

    def reset(self) -> None:
        self.copies = 1
        self.signatures = SIGNATURES
        for task in self._under_way:
            task.cancel()

    async def run(self, _app: web.Application) -> AsyncIterator[None]:
        """Live as long as the application (aiohttp's cleanup context)."""
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as self._http:
            yield
            self.reset()
            await asyncio.gather(*self._under_way, return_exceptions=True)
        self._http = None

    def hear(self, event: Event) -> None:
        if self._http is None:
            return
        for webhook in self._webhooks.all():
            if webhook.wants(event, self._memberships):
                for _ in range(self.copies):
                    self._begin(self._http, webhook, _payload(webhook, event))

    def _begin(self, http: aiohttp.ClientSession, webhook: Webhook, payload: bytes) -> None:
        task = asyncio.create_task(self._deliver(http, webhook, payload))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, http: aiohttp.ClientSession, webhook: Webhook, payload: bytes) -> None:
        for wait in (*RETRY_AFTER_SECONDS, None):
            if await _arrives(http, webhook, payload, self.signatures):
                webhook.failures = 0
                return
            webhook.failures += 1
            webhook.is_active = webhook.failures < _MOST_FAILURES
            if wait is None or not webhook.is_active:
                return
            await asyncio.sleep(wait)


DELIVERIES = web.AppKey("DELIVERIES", Deliveries)


def signature_headers(secret: str, body: bytes, sent: Collection[str]) -> dict[str, str]:
    """Sign as Webex does: lowercase hexadecimal HMAC of the raw body, in an old and a newer header."""
    digests = {
        name: hmac.new(secret.encode(), body, name).hexdigest()
        for name in ("sha1", "sha256", "sha512")
    }
    headers = {
        SPARK_SIGNATURE: digests["sha1"],
        WEBEX_SIGNATURE: f"sha256={digests['sha256']}, sha512={digests['sha512']}",
    }
    return {name: value for name, value in headers.items() if name in sent}


async def _arrives(
    http: aiohttp.ClientSession, webhook: Webhook, payload: bytes, signatures: Collection[str]
) -> bool:
    headers = {"Content-Type": "application/json"}
    if webhook.secret:
        headers |= signature_headers(webhook.secret, payload, signatures)
    try:
        async with http.post(
            webhook.target_url, data=payload, headers=headers, allow_redirects=False
        ) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError) as error:
        _logger.info("A webhook could not be delivered: %s", type(error).__name__)
        return False
    if not 200 <= status < 300:
        _logger.info("A webhook was answered %d", status)
        return False
    return True


def _payload(webhook: Webhook, event: Event) -> bytes:
    """Say what happened, in compact JSON: bot frameworks sign `JSON.stringify(body)` anew."""
    told = {
        "id": webhook.id,
        "name": webhook.name,
        "targetUrl": webhook.target_url,
        "resource": event.resource,
        "event": event.name,
        **({"filter": webhook.filter} if webhook.filter else {}),
        "orgId": ORG_ID,
        "createdBy": webhook.owner.id,
        "appId": webhook.app_id,
        "ownedBy": "creator",
        "status": "active",
        "created": timestamp(webhook.created),
        "actorId": event.actor.id,
        "data": event.data,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

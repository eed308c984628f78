"""Keeps one set of webhooks for the space while somebody is looking, made with a viewer's token.

A bot would not do: in a space of many it hears only what mentions it. Of several replicas one does
this, held by a lease in Redis; all of them hear the news. What a killed replica leaves behind only repeats
what is known, and is taken away when the same person's token makes webhooks again.
"""

import asyncio
import contextlib
import logging
import secrets
import time

from app_service.live.audience import Viewer
from app_service.live.feed import Live
from app_service.live.webhook import EVENTS, PATH, Webhook
from app_service.webex import Webex
from common.failures import Failure
from common.store.access import RedisAccess, StoreUnavailable
from common.webex.http import WebexError

log = logging.getLogger(__name__)

NAME = "webex-oauth-pair: the space, live"
LEASE_KEY = "cache:webhook-keeper"
LEASE_SECONDS = 60
ROUND_SECONDS = 15
CLOSE_SECONDS = 5
MADE_LASTS_SECONDS = 900


class WebhookKeeper:
    def __init__(  # noqa: PLR0913 - the collaborators are the point
        self,
        webhook: Webhook,
        *,
        webex: Webex,
        live: Live,
        redis: RedisAccess,
        room_id: str,
        public_url: str,
    ) -> None:
        self._webhook = webhook
        self._webex = webex
        self._live = live
        self._redis = redis
        self._room_id = room_id
        self._target_url = f"{public_url}{PATH}"
        self._me = secrets.token_hex(8).encode()
        self._made_for: Viewer | None = None
        self._made_at = float("-inf")

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await self._round()
            await asyncio.sleep(ROUND_SECONDS)

    async def close(self) -> None:
        """Leave no webhook behind, if Webex takes part in time; after `run` has ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._take_away()

    async def _round(self) -> None:
        try:
            await self._keep()
        except (WebexError, Failure) as error:
            log.info("webhook_not_made", extra={"reason": type(error).__name__})
        except Exception:
            log.exception("webhook_keeper_failed")

    async def _keep(self) -> None:
        reader = self._live.reader()
        if reader is None or not await self._hold_lease():
            await self._take_away()
            return
        same = self._made_for and self._made_for.person_id == reader.person_id
        if not same or time.monotonic() - self._made_at > MADE_LASTS_SECONDS:
            await self._take_away()
            await self._live.read(reader, self._make)
            self._made(reader)

    def _made(self, reader: Viewer) -> None:
        self._made_for, self._made_at = reader, time.monotonic()
        log.info("webhook_made")

    async def _hold_lease(self) -> bool:
        client = self._redis.client
        if await self._redis.run(client.set(LEASE_KEY, self._me, nx=True, ex=LEASE_SECONDS)):
            return True
        if await self._redis.run(client.get(LEASE_KEY)) != self._me:
            return False
        return bool(await self._redis.run(client.expire(LEASE_KEY, LEASE_SECONDS)))

    async def _make(self, token: str) -> None:
        await self._remove(token)
        for event in EVENTS:
            fields = {
                "name": NAME,
                "targetUrl": self._target_url,
                "resource": "messages",
                "event": event,
                "filter": f"roomId={self._room_id}",
                "secret": self._webhook.secret,
            }
            await self._webex.create_webhook(token, fields)

    async def _remove(self, token: str) -> None:
        for hook in (await self._webex.webhooks(token)).items:
            ours = hook.get("name") == NAME and hook.get("targetUrl") == self._target_url
            if ours and isinstance(hook.get("id"), str):
                await self._webex.delete_webhook(token, hook["id"])

    async def _take_away(self) -> None:
        """Remove what was made; a person who signed out has taken it along."""
        made_for, self._made_for = self._made_for, None
        if made_for is None:
            return
        try:
            await self._live.read(made_for, self._remove)
            await self._give_lease_back()
        except (WebexError, Failure, StoreUnavailable):
            log.info("webhook_left_behind")

    async def _give_lease_back(self) -> None:
        """Unless another replica holds it by now."""
        client = self._redis.client
        if await self._redis.run(client.get(LEASE_KEY)) == self._me:
            await self._redis.run(client.delete(LEASE_KEY))

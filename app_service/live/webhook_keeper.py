"""Keeps one set of webhooks for a space while somebody is looking, made with a viewer's token.

A bot would not do: in a space of many it hears only what mentions it. Of several replicas one does
this, held by a lease in Redis until nobody looks there; all of them hear the news. Each removes only what
it has made itself, except its holder just before making. What a killed replica leaves behind only repeats
what is known, and is taken away when the same person's token makes webhooks again.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web
from redis.exceptions import WatchError

from app_service.live.feed import Live
from app_service.live.migration import EVENT, RESOURCE
from app_service.live.registrations import Registrations, is_ours, label_of
from app_service.live.viewer import Viewer
from app_service.live.webhook import EVENTS, PATH
from app_service.webex import Webex
from common.failures import Failure
from common.sessions.keys import webhook_keeper_key
from common.store.access import RedisAccess, StoreUnavailable
from common.webex.http import WebexError, WebexRefusal

log = logging.getLogger(__name__)

LEASE_SECONDS = 60
ROUND_SECONDS = 15
CLOSE_SECONDS = 5
MADE_LASTS_SECONDS = 900
# Of a hundred each: a person has four for each space that is looked at with their token.
MOST_PAGES = 10


class LeaseLost(Exception):
    """Another replica may have made webhooks for the space by now."""


@dataclass
class _Set:
    """Webhooks made with one person's token. It is whole since `made_at`, by time.monotonic()."""

    viewer: Viewer
    ids: list[str] = field(default_factory=list)
    made_at: float = float("-inf")
    lacks_moves: bool = False
    """Webex could not yet make the one that tells of a move."""

    def serves(self, reader: Viewer) -> bool:
        fresh = time.monotonic() - self.made_at <= MADE_LASTS_SECONDS
        return fresh and self.viewer.person_id == reader.person_id


def _passes(status: int) -> bool:
    """Whether Webex may do later what it answered so: locked, too many requests, trouble of its own."""
    return status in (423, 429) or status >= web.HTTPInternalServerError.status_code


class WebhookKeeper:
    def __init__(  # noqa: PLR0913 - the collaborators are the point
        self,
        registrations: Registrations,
        *,
        webex: Webex,
        live: Live,
        redis: RedisAccess,
        room_id: str,
        name: str,
        public_url: str,
    ) -> None:
        """`name` stands for the space in Redis."""
        self._registrations = registrations
        self._webex = webex
        self._live = live
        self._redis = redis
        self._room_id, self._filter = room_id, f"roomId={room_id}"
        self._lease = webhook_keeper_key(name)
        self._target_url = f"{public_url}{PATH}"
        self._me = secrets.token_hex(8).encode()
        # Made and not taken away yet; only the last one serves.
        self._sets: list[_Set] = []
        self._holds_lease = False
        # Webex asked for patience until then, by time.monotonic().
        self._not_before = float("-inf")

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await self._round()
            await asyncio.sleep(ROUND_SECONDS)

    async def close(self) -> None:
        """Leave no webhook behind, if Webex takes part in time; after `run` has ended."""
        with contextlib.suppress(TimeoutError, StoreUnavailable):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._take_away()
                await self._give_lease_back()

    async def _round(self) -> None:
        try:
            await self._keep()
        except (WebexError, Failure, LeaseLost) as error:
            self._not_before = time.monotonic() + (getattr(error, "retry_after", None) or 0)
            log.info("webhook_not_made", extra={"reason": type(error).__name__})
        except Exception:
            log.exception("webhook_keeper_failed")

    async def _keep(self) -> None:
        reader = self._live.reader(rather=self._made_by())
        if reader is None:
            await self._take_away()
            await self._give_lease_back()
        elif not await self._hold_lease():
            await self._take_away()
        elif time.monotonic() >= self._not_before:
            await self._make_what_lacks(reader)

    def _made_by(self) -> str | None:
        """The session whose webhooks serve: that its streams end and begin again is no reason for others."""
        last = self._sets[-1] if self._sets else None
        return last.viewer.handle if last and last.made_at > float("-inf") else None

    async def _make_what_lacks(self, reader: Viewer) -> None:
        last = self._sets[-1] if self._sets else None
        if last is None or not last.serves(reader):
            await self._make_anew(reader)
        elif last.lacks_moves:
            await self._live.read(reader, partial(self._make_for_moves, made=last))

    async def _make_anew(self, reader: Viewer) -> None:
        """Make a set, and then remove what other people's tokens have made: so there always is one."""
        theirs = [one for one in self._sets if one.viewer.person_id == reader.person_id]
        made = _Set(reader, [webhook_id for one in theirs for webhook_id in one.ids])
        self._sets = [*(one for one in self._sets if one not in theirs), made]
        before = len(made.ids)
        await self._live.read(reader, lambda token: self._make(token, made))
        del made.ids[:before]
        made.made_at = time.monotonic()
        log.info("webhook_made")
        await self._take_away(but=made)

    async def _hold_lease(self) -> bool:
        client = self._redis.client
        if await self._redis.run(client.set(self._lease, self._me, nx=True, ex=LEASE_SECONDS)):
            self._holds_lease = True
        elif await self._redis.run(client.get(self._lease)) != self._me:
            self._holds_lease = False
        else:
            kept = await self._redis.run(client.expire(self._lease, LEASE_SECONDS))
            self._holds_lease = bool(kept)
        return self._holds_lease

    async def _make(self, token: str, made: _Set) -> None:
        """For the lease's holder, who has just looked: so what has the name, for this space, is left over."""
        await self._remove_left_over(token)
        for event in EVENTS:
            wanted = {"resource": "messages", "event": event, "filter": self._filter}
            await self._make_one(token, made, wanted)
        await self._make_for_moves(token, made)

    async def _make_for_moves(self, token: str, made: _Set) -> None:
        """Messages are told of all the same: what Webex refuses is left, what it cannot do now waits."""
        made.lacks_moves = True
        try:
            # Webex names no filter for rooms by their id: of other rooms' calls nothing is heard.
            await self._make_one(token, made, {"resource": RESOURCE, "event": EVENT})
            made.lacks_moves = False
        except WebexRefusal as error:
            if error.status == web.HTTPUnauthorized.status_code:
                raise
            made.lacks_moves = _passes(error.status)
            if made.lacks_moves:
                self._not_before = time.monotonic() + error.retry_after
            log.info("webhook_not_made", extra={"reason": type(error).__name__})

    async def _make_one(self, token: str, made: _Set, wanted: dict[str, str]) -> None:
        registration = await self._registrations.begin(self._room_id)
        fields = {
            "name": registration.name,
            "targetUrl": self._target_url,
            "secret": registration.secret,
            **wanted,
        }
        webhook_id = (await self._webex.create_webhook(token, fields))["id"]
        made.ids.append(webhook_id)
        await self._registrations.confirm(registration, webhook_id)

    async def _remove_left_over(self, token: str) -> None:
        # All before the first is removed: what stands on the next page would move up to this one.
        first = await self._webex.webhooks(token)
        hooks = await self._webex.items_from(token, first, most_pages=MOST_PAGES)
        # A slow Webex may take longer for all pages than the lease lasts.
        if not await self._hold_lease():
            raise LeaseLost
        for hook in hooks:
            name, target = hook.get("name"), hook.get("targetUrl")
            ours = is_ours(name) and target == self._target_url and isinstance(hook.get("id"), str)
            if ours and await self._is_of_here(hook):
                await self._remove(token, hook["id"], label_of(name))

    async def _is_of_here(self, hook: dict[str, Any]) -> bool:
        """Whether a webhook of ours was made for this space; or for one that nobody remembers."""
        if hook.get("filter"):
            return bool(hook["filter"] == self._filter)
        known = await self._registrations.find(label_of(hook.get("name")))
        return known is None or known.room_id == self._room_id

    async def _take_away(self, *, but: _Set | None = None) -> None:
        """Remove what this keeper has made, and nothing else: by now it may be another one's turn."""
        gone = [one for one in self._sets if one is not but]
        self._sets = [one for one in self._sets if one is but]
        for one in gone:
            try:
                await self._live.read(one.viewer, partial(self._remove_all, ids=one.ids))
            except (WebexError, Failure):
                # A person who signed out has taken it along.
                log.info("webhook_left_behind")

    async def _remove_all(self, token: str, *, ids: Sequence[str]) -> None:
        for webhook_id in ids:
            await self._remove(token, webhook_id)

    async def _remove(self, token: str, webhook_id: str, label: str = "") -> None:
        try:
            await self._webex.delete_webhook(token, webhook_id)
        except WebexRefusal as error:
            # Gone is as good.
            if error.status != web.HTTPNotFound.status_code:
                raise
        # A secret that cannot be forgotten now is not kept for long.
        with contextlib.suppress(StoreUnavailable):
            await self._registrations.forget(webhook_id, label)

    async def _give_lease_back(self) -> None:
        """Unless another replica holds it by now."""
        if not self._holds_lease:
            return
        with contextlib.suppress(StoreUnavailable):
            await self._redis.run(self._delete_own_lease(), key=self._lease)
        self._holds_lease = False

    async def _delete_own_lease(self) -> None:
        """In one step: a lease that somebody else takes meanwhile stays theirs (Redis docs, "Transactions").

        The service's user may run no scripts.
        """
        pipeline = self._redis.client.pipeline(transaction=True)
        try:
            await pipeline.watch(self._lease)
            if await pipeline.get(self._lease) == self._me:
                pipeline.multi()  # type: ignore[no-untyped-call]
                pipeline.delete(self._lease)
                # Changed meanwhile: then it is another one's.
                with contextlib.suppress(WatchError):
                    await pipeline.execute()
        except BaseException:
            # A closed connection watches nothing; UNWATCH would wait for a server that may hang.
            if pipeline.connection:
                await pipeline.connection.disconnect(nowait=True)
            pipeline.watching = False
            raise
        finally:
            await pipeline.reset()  # type: ignore[no-untyped-call]

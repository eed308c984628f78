"""Asking the auth service to seal a record anew that was met under an older one of SESSION_KEYS."""

import asyncio
import logging
import time
from collections import OrderedDict

import aiohttp

from common.sessions.ticket import Ticket
from common.telemetry.trace import onward_headers

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 5
# One that does not succeed is not asked for again with every page.
SPACING_SECONDS = 60
REMEMBERED = 50_000


class ResealClient:
    """POST /internal/reseal on the auth service, behind the answer: nobody waits for it."""

    def __init__(self, http: aiohttp.ClientSession, auth_url: str) -> None:
        self._http = http
        self._url = f"{auth_url}/internal/reseal"
        self._asked: OrderedDict[str, float] = OrderedDict()
        self._running: set[asyncio.Task[None]] = set()

    def ask(self, ticket: Ticket) -> None:
        now = time.monotonic()
        if now - self._asked.get(ticket.handle, -SPACING_SECONDS) < SPACING_SECONDS:
            return
        self._asked[ticket.handle] = now
        self._asked.move_to_end(ticket.handle)
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
        task = asyncio.create_task(self._ask(ticket))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Wait for what is under way; each has a time limit of its own."""
        if self._running:
            await asyncio.wait(self._running)

    async def _ask(self, ticket: Ticket) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        body = {"ticket": ticket.cookie}
        try:
            async with self._http.post(
                self._url, json=body, timeout=timeout, headers=onward_headers()
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            status = None
        if status != 204:
            log.warning("resealing_failed", extra={"status": status})

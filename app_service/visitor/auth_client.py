"""Asking the auth service for a newer access token; the app service itself never writes one."""

import logging
import time
from hashlib import sha256
from typing import Any

import aiohttp
from aiohttp import web

from common.background import Background
from common.failures import HERE_AGAIN, Failure, TryLater, session_ended
from common.memory import Memory
from common.sessions.ticket import Ticket
from common.telemetry.trace import onward_headers
from common.webex.retry_after import parse_retry_after
from common.webex.unreachable import Why

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 5
PROBLEM = "application/problem+json"
# One that does not succeed is not asked for again with every page.
SPACING_SECONDS = 60
REMEMBERED = 50_000


class RefreshClient:
    """POST /internal/refresh on the auth service, inside the back network."""

    def __init__(
        self, http: aiohttp.ClientSession, auth_url: str, *, timeout_seconds: float
    ) -> None:
        self._http = http
        self._url = f"{auth_url}/internal/refresh"
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)

    async def refresh(self, ticket: Ticket, *, seen: int) -> None:
        """Return when the session's record is newer than revision `seen`.

        Raise SignInAgain if the session has ended, TryLater if it cannot be refreshed right now.
        """
        body = {"ticket": ticket.cookie, "seen": seen}
        try:
            status, later = await self._ask(body)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            raise _later(None) from None
        if status == web.HTTPUnauthorized.status_code:
            raise session_ended()
        if status != web.HTTPOk.status_code:
            raise later

    async def _ask(self, body: dict[str, Any]) -> tuple[int, Failure]:
        """Ask again once on a new connection: a replica may end, and asking twice refreshes once."""
        try:
            return await self._post(body)
        except aiohttp.ClientConnectionError:
            return await self._post(body)

    async def _post(self, body: dict[str, Any]) -> tuple[int, Failure]:
        """The status, and what to tell the person if that is no good one."""
        async with self._http.post(
            self._url, json=body, timeout=self._timeout, headers=onward_headers()
        ) as answer:
            said = await answer.json() if answer.content_type == PROBLEM else {}
            return answer.status, _later(answer.headers.get("Retry-After"), Why.of(said.get("why")))


def _later(retry_after: str | None, why: Why | None = None) -> Failure:
    """`why` tells why Webex could not be reached, if it could not."""
    return TryLater(
        title="Your sign-in cannot be renewed right now",
        what_happened=(
            "The access token has to be renewed, and Webex could not be reached."
            if why
            else "The access token has to be renewed, and that did not work this time."
        ),
        what_to_check=(
            *((why.what_to_check,) if why else ()),
            "Nothing is lost: you are still signed in. Try again in a moment.",
        ),
        status=503,
        slug="refresh_later",
        why=why.word if why else None,
        way_on=HERE_AGAIN,
        retry_after=parse_retry_after(retry_after),
    )


class BehindClient:
    """Requests to the auth service behind the answer, for which nobody waits; each at most once a minute."""

    def __init__(self, http: aiohttp.ClientSession, auth_url: str) -> None:
        self._http = http
        self._auth_url = auth_url
        self._asked: Memory[float] = Memory(REMEMBERED)
        self._running = Background()

    def reseal(self, ticket: Ticket) -> None:
        """POST /internal/reseal: the record under the newest of SESSION_KEYS."""
        self._ask("reseal", ticket.handle, {"ticket": ticket.cookie})

    def end_session(self, ticket: Ticket) -> None:
        """POST /internal/end: the session of somebody who may not be here any more, and their tokens."""
        self._ask("end", f"end {ticket.handle}", {"ticket": ticket.cookie})

    def finish_sign_out(self, wish: str) -> None:
        """POST /internal/sign-out: what a browser could not finish, by the cookie that it brought."""
        self._ask("sign-out", sha256(wish.encode()).hexdigest(), {"wish": wish})

    def note_tried(self, ticket: Ticket | None) -> None:
        """POST /internal/tried: a bound session's ticket came without its short cookie."""
        if ticket:
            self._ask("tried", f"tried {ticket.handle}", {"ticket": ticket.cookie})

    async def finish(self) -> None:
        """Wait for what is under way; each has a time limit of its own."""
        await self._running.finish()

    def _ask(self, what: str, name: str, body: dict[str, str]) -> None:
        now = time.monotonic()
        if now - self._asked.get(name, -SPACING_SECONDS) < SPACING_SECONDS:
            return
        self._asked.put(name, now)
        self._running.spawn(self._post(what, body))

    async def _post(self, what: str, body: dict[str, str]) -> None:
        timeout, url = (
            aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
            f"{self._auth_url}/internal/{what}",
        )
        try:
            async with self._http.post(
                url, json=body, timeout=timeout, headers=onward_headers()
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            status = None
        if status != 204:
            log.warning("behind_failed", extra={"what": what, "status": status})

"""Asking the auth service for a newer access token; the app service itself never writes one."""

from typing import Any

import aiohttp
from aiohttp import web

from common.failures import Failure, SignInAgain, TryLater
from common.sessions.ticket import Ticket
from common.telemetry.trace import onward_headers
from common.webex.http import parse_retry_after


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
            status, retry_after = await self._ask(body)
        except (aiohttp.ClientError, OSError, TimeoutError):
            raise _later(None) from None
        if status == web.HTTPUnauthorized.status_code:
            raise _ended()
        if status != web.HTTPOk.status_code:
            raise _later(retry_after)

    async def _ask(self, body: dict[str, Any]) -> tuple[int, str | None]:
        """Ask again once on a new connection: a replica may end, and asking twice refreshes once."""
        try:
            return await self._post(body)
        except aiohttp.ClientConnectionError:
            return await self._post(body)

    async def _post(self, body: dict[str, Any]) -> tuple[int, str | None]:
        async with self._http.post(
            self._url, json=body, timeout=self._timeout, headers=onward_headers()
        ) as answer:
            return answer.status, answer.headers.get("Retry-After")


def _ended() -> Failure:
    return SignInAgain(
        title="Your sign-in has ended",
        what_happened="The session was ended, or Webex does not renew its access token any more.",
        what_to_check=("Sign in again; nothing else is needed.",),
        status=401,
        slug="session_ended",
        way_on=("Start OAuth flow", "/login"),
    )


def _later(retry_after: str | None) -> Failure:
    return TryLater(
        title="Your sign-in cannot be renewed right now",
        what_happened="The access token has to be renewed, and that did not work this time.",
        what_to_check=("Nothing is lost: you are still signed in. Try again in a moment.",),
        status=503,
        slug="refresh_later",
        way_on=("Try again", ""),
        retry_after=parse_retry_after(retry_after),
    )

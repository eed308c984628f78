"""Sign-outs that the store did not let us finish: kept as a wish, until somebody can.

Two copies: this replica's memory, which tries for an hour, and a sealed cookie, which any replica takes up
when that browser comes by. If neither remains, the record ends with its idle limit.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from common.background import Background
from common.failures import TryLater
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.sessions.ticket import Ticket

log = logging.getLogger(__name__)

PURPOSE = "unfinished sign-out"
# Growing pauses between tries, then one a minute; an hour together.
PAUSES = (1, 2, 4, 8, 15, 30, *[60] * 59)
# More wishes than this wait for their browsers alone.
MOST_KEPT = 10_000

SignOut = Callable[[Ticket], Awaitable[object]]


class UnfinishedSignOuts:
    """Tries again what `sign_out` could not do; `idle_seconds` is how long a record can last unused."""

    def __init__(self, sealer: Sealer, sign_out: SignOut, *, idle_seconds: int) -> None:
        self.cookie_seconds = idle_seconds
        self._sealer = sealer
        self._sign_out = sign_out
        self._trying = Background()

    def keep(self, ticket: Ticket) -> None:
        """Try again behind the answers."""
        if len(self._trying) < MOST_KEPT:
            self._trying.once(ticket.handle, lambda: self._try(ticket))

    async def finish_now(self, ticket: Ticket) -> bool:
        """Try at once; whether it is done."""
        try:
            await self._sign_out(ticket)
        except TryLater:
            self.keep(ticket)
            return False
        return True

    def seal(self, ticket: Ticket, place: str) -> str:
        """The wish as the value of a cookie named `place`."""
        return self._sealer.seal_text(ticket.cookie.encode(), purpose=PURPOSE, place=place)

    def open(self, value: str | None, place: str) -> Ticket | None:
        """Whose session is to end; None if the cookie says nothing that we sealed."""
        if not value:
            return None
        try:
            return Ticket.parse(
                self._sealer.open_text(value, purpose=PURPOSE, place=place).decode()
            )
        except (SealBrokenError, NewerFormatError):
            return None

    async def close(self) -> None:
        """Nobody waits for an hour: the cookie has the wish, too."""
        await self._trying.stop(patience_seconds=0)

    async def _try(self, ticket: Ticket) -> None:
        for seconds in PAUSES:
            await asyncio.sleep(seconds)
            try:
                await self._sign_out(ticket)
            except TryLater:
                continue
            log.info("sign_out_finished")
            return
        log.warning("sign_out_left_to_its_limit")


UNFINISHED = web.AppKey("UNFINISHED", UnfinishedSignOuts)

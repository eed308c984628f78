"""Connections to Webex, and whether a request went out on one that was kept from an earlier request."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.client_reqrep import ConnectionKey

# To each of Webex's hosts: revocations that hang at one must not take the connections to another.
CONNECTIONS = 100


@dataclass(slots=True)
class Way:
    """How a request went out."""

    kept: bool = True
    """Whether no connection was opened for it."""


_current: ContextVar[Way | None] = ContextVar("way", default=None)


def watched() -> Way:
    """Note how this task's next requests go out.

    aiohttp's own way, a TraceConfig, takes a tenth of a request.
    """
    way = Way()
    _current.set(way)
    return way


class Connector(aiohttp.TCPConnector):
    """Opens connections, and notes it for whom it does."""

    def __init__(self, *, force_close: bool, hands_out_kept: bool = False) -> None:
        """`hands_out_kept` lets others use open connections (common.webex.kept), where no proxy is asked."""
        super().__init__(limit=0, limit_per_host=CONNECTIONS, force_close=force_close)
        self.hands_out_kept = hands_out_kept

    async def kept(self, key: ConnectionKey) -> aiohttp.connector.Connection | None:
        """An open connection that nobody uses, for whoever gives it back; None if there is none."""
        return await self._get(key, [])

    async def _get(self, *asked: Any) -> aiohttp.connector.Connection | None:
        """Nor one over which something came since: aiohttp would take it for the next request's answer.

        Some servers say 408 before they close a connection that is idle.
        """
        while found := await super()._get(*asked):
            if found.protocol is None or not found.protocol.should_close:
                break
            found.close()
        return found

    async def _create_connection(self, *request: Any) -> Any:
        """What each kind of connector does in its own way, and only for a request that gets no kept one."""
        way = _current.get()
        if way is not None:
            way.kept = False
        return await super()._create_connection(*request)

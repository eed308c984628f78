"""Connections to Webex, and whether a request went out on one that was kept from an earlier request."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import aiohttp

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

    def __init__(self, *, force_close: bool) -> None:
        super().__init__(limit=0, limit_per_host=CONNECTIONS, force_close=force_close)

    async def _create_connection(self, *request: Any) -> Any:
        """What each kind of connector does in its own way, and only for a request that gets no kept one."""
        way = _current.get()
        if way is not None:
            way.kept = False
        return await super()._create_connection(*request)

"""A space that is watched: what serves its streams, from the first one on until it is let go."""

import asyncio
from contextvars import Context
from dataclasses import dataclass, field

from app_service.live.audience import Viewers
from app_service.live.feed import Live
from app_service.live.migration import Whereabouts
from app_service.live.rounds import Rounds
from app_service.live.webhook_keeper import WebhookKeeper
from app_service.space.spaces import OpenSpace
from common.background import Background, cancelled


@dataclass(frozen=True, eq=False)
class Watched:
    """`names` are what news call the space; `keeper` is None without webhooks."""

    here: OpenSpace
    names: frozenset[str]
    viewers: Viewers
    live: Live
    rounds: Rounds
    whereabouts: Whereabouts
    keeper: WebhookKeeper | None
    _work: list[asyncio.Task[None]] = field(default_factory=list)
    _looking: Background = field(default_factory=Background)

    def begin(self) -> None:
        """Start what runs beside the streams."""
        self.here.is_watched = True
        for work in (self.rounds, self.keeper):
            if work is not None:
                # For all viewers: the request id of the first one does not belong into its log lines.
                self._work.append(asyncio.create_task(work.run(), context=Context()))

    def look_elsewhere(self, new_id: str | None) -> None:
        """Webex says that it has moved the space."""
        Context().run(self._looking.spawn, self.whereabouts.look(new_id))

    async def close(self) -> None:
        """End every stream, and leave nothing behind."""
        self.here.is_watched = False
        await self.live.close()
        await asyncio.gather(*(cancelled(task) for task in self._work))
        await self._looking.stop(patience_seconds=0)
        if self.keeper is not None:
            await self.keeper.close()

"""Live messages: one poller per space and replica, however many are looking, none if nobody is.

The poller reads with the token of one viewer after another: the next one takes over when a viewer
leaves or their token dies. Who may look is decided for each viewer by their own token (see
`app_service.space.admission`); everybody who may look sees the same.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import replace
from typing import NamedTuple, TypeVar

from app_service.live import events
from app_service.live.audience import Viewers
from app_service.live.board import Board
from app_service.live.viewer import Viewer
from app_service.space.space import Space
from app_service.visitor.with_token import WithToken
from common.background import cancelled
from common.failures import Failure, SignInAgain, not_signed_in
from common.sessions.reader import SessionReader
from common.store.access import StoreUnavailable
from common.webex.http import WebexError, WebexRefusal

log = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds between two polls: while people are talking, while nobody is, and while a webhook tells.
TALKING_SECONDS = 2.0
QUIET_SECONDS = 5.0
TOLD_SECONDS = 30.0
TALK_LASTS_SECONDS = 60.0
TOLD_LASTS_SECONDS = 900.0
SHORTEST_SECONDS = 0.5
FIRST_BACKOFF_SECONDS = 5.0
LONGEST_BACKOFF_SECONDS = 60.0
# So many tokens that cannot be renewed now are the viewers' own trouble; more are everybody's.
MOST_RESTING = 3
NEWCOMERS_AT_ONCE = 20


class Pause(NamedTuple):
    """Seconds until the next poll: `least` whatever happens, `most` if nobody has news or comes."""

    least: float
    most: float


class Live:
    """Polls the space for its viewers."""

    def __init__(  # noqa: PLR0913 - the collaborators are the point
        self,
        space: Space,
        board: Board,
        *,
        viewers: Viewers,
        sessions: SessionReader,
        with_token: WithToken,
        on_people_changed: Callable[[], None],
        on_outsider: Callable[[str], None],
    ) -> None:
        """`on_people_changed` is called when somebody came or went.

        `on_outsider` gets the session's handle when Webex does not show its person the space any more.
        """
        self._space = space
        self._board = board
        self._viewers = viewers
        self._sessions = sessions
        self._with_token = with_token
        self._on_people_changed = on_people_changed
        self._on_outsider = on_outsider
        # Who has not been told yet what they missed.
        self._newcomers: dict[Viewer, None] = {}
        self._people: frozenset[str] | None = None
        self._polling: asyncio.Task[None] | None = None
        self._nudged = asyncio.Event()
        self._was_nudged = False
        self._ready = False
        self._failures = 0
        self._talked_at = float("-inf")
        self._told_until = float("-inf")

    def join(self, viewer: Viewer) -> None:
        """Let a viewer see what they missed and what comes; start polling with the first one."""
        self._viewers.add(viewer)
        viewer.send(events.retry(1000 + random.randrange(2000)))  # noqa: S311 - not a secret
        if self._failures:
            viewer.send(events.state(webex_answers=False))
        # What is at hand may be older than the page: what was deleted since would appear again, and
        # what was written since would vanish. So a newcomer is told by the next poll.
        self._newcomers[viewer] = None
        self._nudged.set()
        if self._polling is None:
            # For all viewers: the request id of the first one does not belong into its log lines.
            self._polling = asyncio.create_task(self._poll(), context=Context())

    def leave(self, viewer: Viewer) -> None:
        self._viewers.remove(viewer)
        self._newcomers.pop(viewer, None)
        if not self._viewers:
            self._nudged.set()

    def nudge(self, *, told: bool = False) -> None:
        """Poll soon, as there is news; `told` by Webex: rely on that for a while."""
        self._nudged.set()
        if told:
            self._told_until = time.monotonic() + TOLD_LASTS_SECONDS

    def reader(self, *, rather: str | None = None) -> Viewer | None:
        """The viewer whose token reads: the same one as long as they stay and their token serves.

        A viewer of the session whose handle is `rather` is taken, if there is one.
        """
        now = time.monotonic()
        able = [viewer for viewer in self._viewers if viewer.rests_until <= now]
        wanted = (viewer for viewer in able if viewer.handle == rather)
        return next(wanted, None) or next(iter(able or self._viewers), None)

    async def read(self, viewer: Viewer, verb: Callable[[str], Awaitable[T]]) -> T:
        """Run a verb with the viewer's present token; the last known one while Redis is away."""
        try:
            session = await self._sessions.load(viewer.visitor.ticket)
        except StoreUnavailable:
            session = viewer.visitor.session
        if session is None:
            raise not_signed_in()
        viewer.visitor = replace(viewer.visitor, session=session)
        return await self._with_token.call(viewer.visitor, verb)

    async def close(self) -> None:
        """End every stream; browsers come back to another replica."""
        for viewer in self._viewers:
            self._viewers.end(viewer, None)
        if self._polling is not None:
            await cancelled(self._polling)

    async def _poll(self) -> None:
        try:
            while (viewer := self.reader()) is not None:
                self._was_nudged = self._nudged.is_set()
                self._nudged.clear()
                pause = await self._turn(viewer)
                await asyncio.sleep(pause.least)
                await self._wait_for_news(pause.most - pause.least)
        finally:
            self._ready = False
            self._polling = None

    async def _wait_for_news(self, seconds: float) -> None:
        if not self._viewers:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._nudged.wait()
        except TimeoutError:
            return

    def _interval(self) -> float:
        now = time.monotonic()
        if now < self._told_until:
            return TOLD_SECONDS
        return TALKING_SECONDS if now - self._talked_at < TALK_LASTS_SECONDS else QUIET_SECONDS

    async def _turn(self, viewer: Viewer) -> Pause:
        """Poll once; return how long to wait for the next time."""
        try:
            await self.read(viewer, self._take_over)
        except WebexRefusal as error:
            return self._refused(viewer, error)
        except SignInAgain:
            return self._without(viewer, "signed_out")
        except Failure as failure:
            return self._rest(viewer, failure.retry_after)
        except WebexError:
            return self._back_off()
        except Exception:
            log.exception("live_failed")
            return self._back_off()
        return Pause(SHORTEST_SECONDS, self._interval())

    def _refused(self, viewer: Viewer, error: WebexRefusal) -> Pause:
        if error.status in (403, 404):
            self._on_outsider(viewer.handle)
            return self._without(viewer, "not_member")
        if error.status == 401:
            return self._without(viewer, "signed_out")
        return self._back_off(error.retry_after if error.status in (423, 429) else 0)

    def _without(self, viewer: Viewer, reason: str) -> Pause:
        """End this viewer's stream; the next one takes over."""
        self._viewers.end(viewer, reason)
        return Pause(SHORTEST_SECONDS, SHORTEST_SECONDS)

    def _rest(self, viewer: Viewer, seconds: int | None) -> Pause:
        """Let others read: this viewer's token cannot be renewed now, which says nothing of theirs."""
        now = time.monotonic()
        viewer.rests_until = now + (seconds or FIRST_BACKOFF_SECONDS)
        self._viewers.to_the_end(viewer)
        resting = sum(each.rests_until > now for each in self._viewers)
        if resting < len(self._viewers) and resting <= MOST_RESTING:
            return Pause(SHORTEST_SECONDS, SHORTEST_SECONDS)
        return self._back_off()

    def _back_off(self, retry_after: int = 0) -> Pause:
        """Wait longer with every failure, and at least as long as Webex says.

        Who comes need not wait for so long: their page has just been read from Webex.
        """
        if not self._failures:
            self._viewers.send(events.state(webex_answers=False))
            log.warning("live_interrupted")
        self._failures += 1
        doubled: float = FIRST_BACKOFF_SECONDS * 2 ** min(self._failures - 1, 8)
        patience = min(LONGEST_BACKOFF_SECONDS, doubled) * random.uniform(0.7, 1)  # noqa: S311 - not a secret
        least = max(min(patience, QUIET_SECONDS), retry_after)
        return Pause(least, max(patience, least))

    def _works_again(self) -> None:
        if self._failures:
            self._viewers.send(events.state(webex_answers=True))
            log.info("live_resumed")
        self._failures = 0

    async def _take_over(self, token: str) -> None:
        # Whoever comes while Webex is asked waits for the next poll.
        newcomers = list(self._newcomers)
        if not self._ready:
            await self._space.members.refresh(token)
        excerpt = await self._space.read(token)
        await self._space.learn(token, self._board.unknown(excerpt))
        news = self._board.update(excerpt)
        self._works_again()
        if self._ready:
            self._tell(news)
            # It can be long: nobody waits for it to hear what was said.
            await self._space.members.refresh(token)
        self._tell_of_people()
        self._ready = True
        for number, viewer in enumerate(newcomers, 1):
            if viewer in self._newcomers:
                del self._newcomers[viewer]
                self._catch_up(viewer)
            if not number % NEWCOMERS_AT_ONCE:
                # What these are told leaves before the next are told: after a restart they are many.
                await asyncio.sleep(0)

    def _tell(self, news: Sequence[bytes]) -> None:
        if not news:
            return
        self._talked_at = time.monotonic()
        if not self._was_nudged:
            # Nobody told of this: do not rely on being told.
            self._told_until = float("-inf")
        for viewer in self._viewers:
            if viewer not in self._newcomers:
                for chunk in news:
                    viewer.send(chunk)

    def _tell_of_people(self) -> None:
        """Compare with what was told last: a page that somebody opens reads the list anew, too."""
        people = self._space.members.ids
        if people == self._people:
            return
        self._people = people
        self._board.update_people()
        if self._ready:
            self._viewers.send(self._board.people)
            self._on_people_changed()

    def _catch_up(self, viewer: Viewer) -> None:
        viewer.send(self._board.people)
        for chunk in self._board.catch_up(viewer.since):
            viewer.send(chunk)
        if viewer.brief:
            self._viewers.end(viewer, "too_many")

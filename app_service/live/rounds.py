"""The rounds through the audience: a heartbeat for every stream, and a look at who may still watch.

A session that ends is announced through Redis at once; the rounds are for the announcement that was
lost. Someone missing from the list of members is asked about with their own token, and where the settings
say who may sign in, so is everybody, every few minutes.
"""

import asyncio
import logging

from app_service.live import events
from app_service.live.audience import Viewers
from app_service.live.viewer import Viewer
from app_service.space.admission import Admission
from app_service.space.members import Members
from app_service.visitor.judge import Judge
from common.background import cancelled
from common.failures import Failure, Refused, SignInAgain
from common.sessions.reader import SessionReader
from common.store.access import StoreUnavailable
from common.webex.http import WebexError, WebexRefusal

log = logging.getLogger(__name__)

# Shorter than any proxy's patience; a broken connection is noticed as soon.
HEARTBEAT_SECONDS = 15
# Every how many heartbeats sessions and memberships are looked at.
LOOK_EVERY = 2
SESSIONS_AT_ONCE = 100
JUDGED_AT_ONCE = 50
# A list of members that is too long to read whole makes suspects of many; seconds of Webex's time.
SUSPECTS_AT_ONCE = 20


class Rounds:
    def __init__(
        self,
        viewers: Viewers,
        *,
        sessions: SessionReader,
        judge: Judge,
        members: Members,
        admission: Admission,
    ) -> None:
        self._viewers = viewers
        self._sessions = sessions
        self._judge = judge
        self._members = members
        self._admission = admission
        self._soon = asyncio.Event()

    async def run(self) -> None:
        """Go round until cancelled."""
        count, due = 0, False
        looking: asyncio.Task[None] | None = None
        try:
            while True:
                soon = await self._wait()
                self._viewers.send(events.HEARTBEAT)
                count += 1
                due = due or soon or count % LOOK_EVERY == 0
                # Beside the heartbeat: a store or a Webex that hangs must not silence every stream.
                if due and (looking is None or looking.done()):
                    looking, due = asyncio.create_task(self.look()), False
        finally:
            if looking is not None:
                await cancelled(looking)

    def look_soon(self) -> None:
        """Somebody came or went, or an announcement may have been lost."""
        self._soon.set()

    async def _wait(self) -> bool:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await self._soon.wait()
        except TimeoutError:
            return False
        self._soon.clear()
        return True

    async def look(self) -> None:
        """Check every viewer's session and membership once."""
        try:
            await self.end_dead_sessions()
            await self.end_refused()
            await self._show_outsiders_out()
        except Exception:
            log.exception("rounds_failed")

    async def end_dead_sessions(self) -> None:
        """End the streams of sessions that are gone, or not proven any more.

        A store that does not answer proves nothing.
        """
        everybody = list(self._viewers)
        for start in range(0, len(everybody), SESSIONS_AT_ONCE):
            some = everybody[start : start + SESSIONS_AT_ONCE]
            await asyncio.gather(*(self._check_session(viewer) for viewer in some))

    async def _check_session(self, viewer: Viewer) -> None:
        try:
            session = await self._sessions.load(viewer.visitor.ticket)
        except (StoreUnavailable, Failure):
            return
        if session is None:
            self._viewers.end(viewer, "signed_out")
        elif not self._sessions.bound_cookies.lasts(session, viewer.proof_ends):
            if viewer.person_id in self._members.ids:
                # Until now the list has spoken for Webex, so the browser that comes back costs no call.
                self._admission.admitted(viewer.visitor)
            self._viewers.end(viewer, None)

    async def end_refused(self) -> None:
        """End the streams of people whom the settings do not let in any more."""
        everybody = list(self._viewers)
        for start in range(0, len(everybody), JUDGED_AT_ONCE):
            some = everybody[start : start + JUDGED_AT_ONCE]
            await asyncio.gather(*(self._judge_anew(viewer) for viewer in some))

    async def _judge_anew(self, viewer: Viewer) -> None:
        try:
            await self._judge.look_again(viewer.visitor)
        except (Refused, SignInAgain):
            self._viewers.end(viewer, "signed_out")
        except Failure:
            return

    async def _show_outsiders_out(self) -> None:
        suspects = [viewer for viewer in self._viewers if self._is_suspect(viewer)]
        # Whoever was asked about longest ago comes first, so that everybody's turn comes.
        suspects.sort(key=lambda viewer: self._admission.admitted_at(viewer.handle))
        for viewer in suspects[:SUSPECTS_AT_ONCE]:
            await self._ask_about(viewer)

    def _is_suspect(self, viewer: Viewer) -> bool:
        """Whether the list is newer than the last time Webex showed the person the space."""
        unlisted = viewer.person_id not in self._members.ids
        return unlisted and self._admission.admitted_at(viewer.handle) < self._members.read_at

    async def _ask_about(self, viewer: Viewer) -> None:
        try:
            outside = await self._admission.is_outside(viewer.visitor)
        except SignInAgain:
            self._viewers.end(viewer, "signed_out")
            return
        except WebexRefusal as error:
            if error.status == 401:
                self._viewers.end(viewer, "signed_out")
            return
        except (WebexError, Failure):
            return
        if outside:
            self._viewers.end(viewer, "not_member")

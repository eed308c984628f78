"""A person's sessions, seen and ended without their cookies.

Ending deletes the record: with it goes the only copy of the tokens, which nobody can read without
that browser's cookie. So they cannot be revoked from here, and nobody is left who could use them.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass

from auth_service.sessions.person_index import UNKNOWN, Listed, PersonIndex
from auth_service.sessions.writer import SessionWriter

log = logging.getLogger(__name__)

# Who signs in all the time must not keep it up for ever.
MOST_LOOKS = 10


@dataclass(frozen=True)
class PersonSession:
    """One session as its person may see it. Times are Unix seconds; None where nothing is known.

    Near the absolute limit the record does not tell any more when it was last used; then
    `last_seen_at` is the earliest moment that is possible, and `last_seen_exact` is false. `entries` are
    the Redis keys of its places in the list.
    """

    handle: str
    entries: tuple[str, ...]
    browser: str
    last_seen_at: int
    last_seen_exact: bool
    signed_in_at: int | None = None
    ends_at: int | None = None


@dataclass(frozen=True)
class PersonSessions:
    """Lists and ends sessions by person; every method may raise StoreUnavailable."""

    writer: SessionWriter
    index: PersonIndex
    _: KW_ONLY
    idle_seconds: int

    async def of_person(self, person_id: str) -> list[PersonSession]:
        """The person's live sessions, the one used last first."""
        live = await self.index.live(person_id)
        found = [self._session(handle, listed) for handle, listed in live.items()]
        return sorted(found, key=lambda session: session.last_seen_at, reverse=True)

    async def end(self, person_id: str, handle: str) -> bool:
        """End one session; return False, and end nothing, if it is not one of this person's."""
        listed = (await self.index.live(person_id)).get(handle)
        if listed is None:
            return False
        await self._end({handle: listed})
        return True

    async def end_all(self, person_id: str, *, except_for: str | None = None) -> int:
        """End all sessions of the person but one; return how many.

        Looked for again until none is found: one that moves between lists may escape a look, and one that
        is in no list is ended when it is used next (auth_service.sessions.relisting).
        """
        seconds = 2 * self.idle_seconds
        await self.index.note_all_ended(person_id, but=except_for, seconds=seconds)
        ended: set[str] = set()
        in_vain = 0
        for _ in range(MOST_LOOKS):
            live = await self.index.live(person_id)
            meant = {handle: listed for handle, listed in live.items() if handle != except_for}
            in_vain = 0 if meant else in_vain + 1
            if in_vain == self.index.looks_that_agree:
                break
            if meant:
                await self._end(meant)
                ended |= meant.keys()
        return len(ended)

    async def _end(self, meant: Mapping[str, Listed]) -> None:
        for handle, listed in meant.items():
            await self.writer.end(handle, *listed.keys)
        log.info("sessions_ended", extra={"count": len(meant)})

    def _session(self, handle: str, listed: Listed) -> PersonSession:
        runs_out_at = time.time() + listed.seconds_left
        last_seen_at = round(runs_out_at - self.idle_seconds)
        entry = listed.entry
        if entry is None:
            return PersonSession(handle, listed.keys, UNKNOWN, last_seen_at, last_seen_exact=False)
        return PersonSession(
            handle=handle,
            entries=listed.keys,
            browser=entry.browser,
            signed_in_at=entry.signed_in_at,
            last_seen_at=max(last_seen_at, entry.signed_in_at),
            # At the absolute limit the time to live is cut short, so it says "since then" only.
            last_seen_exact=runs_out_at < entry.ends_at - 1,
            ends_at=entry.ends_at,
        )

"""When a session ends that is used, and moving that end: its record, its entry and its binding have one."""

from common.sessions.idle_clock import Prolonged
from common.sessions.keys import binding_key, head_of, is_entry_of, session_key
from common.sessions.record import Session
from common.store.access import Command, RedisAccess

# Milliseconds of Redis' clock: whatever ends then is deleted.
LONG_AGO = 1


class Lifetime:
    """The idle limit is in seconds; what asks Redis may raise StoreUnavailable."""

    def __init__(self, redis: RedisAccess, idle_seconds: int) -> None:
        self._redis = redis
        self._idle_seconds = idle_seconds

    def end_of(self, session: Session, now: int) -> int:
        """When a session ends that is used at `now`, in Unix milliseconds: not before a second has passed."""
        return max(now + 1000, min(now + 1000 * self._idle_seconds, 1000 * session.ends_at))

    async def prolong(self, handle: str, session: Session) -> Prolonged:
        """Move the idle clock of the record and of what goes with it; return what there is of them."""
        ends = self.end_of(session, await self._redis.clock(session_key(handle)))
        # At a place of the former release may be another session by now: this one is listed again.
        entry = session.entry if session.entry and is_entry_of(session.entry, handle) else None
        moves: list[Command] = [_moved(session_key(handle), ends)]
        if entry:
            # The head after the entry: whoever gives the head its end looks at the entries.
            moves += [_moved(entry, ends), _moved(head_of(entry), ends, gt=True)]
        if session.bound_at:
            moves.append(_moved(binding_key(handle), ends))
        moves += [_moved(left, LONG_AGO) for left in session.left]
        # The entry's node: the record's has just answered.
        found, *listed = await self._redis.all_together(moves, key=entry or "")
        if not found:
            return Prolonged.GONE
        is_listed = listed[0] if entry else session.entry is None
        return Prolonged.WELL if is_listed else Prolonged.UNLISTED


def _moved(key: str, ends: int, *, gt: bool = False) -> Command:
    return lambda redis: redis.pexpireat(key, ends, gt=gt)

"""The short cookie of a session that is bound to its device, judged without Redis.

A browser that keeps a key for its session (W3C Device Bound Session Credentials) brings two cookies: the
ticket, and this one, which lives for ten minutes and is renewed by a signature of that key only
(auth_service.binding). Whoever copied both has them for so long, and the ticket alone is worth nothing.
"""

import struct
import time
from dataclasses import dataclass, field

from common.failures import HERE_AGAIN, Refused, SignInAgain
from common.memory import Memory
from common.sessions.newer_record import NewerRecord
from common.sessions.record import Session
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.settings.bound_sessions import BoundSessions

PURPOSE = "bound cookie"
# What the browser keeps it for. Chromium renews it from two minutes before its end, and makes about six
# signatures in nine minutes.
COOKIE_SECONDS = 600
# By how much the clocks of two replicas may be apart: a cookie that a browser still sends has not ended.
SKEW_SECONDS = 60
# The answer that sets the first cookie is under way while the page goes on asking.
SETTLING_SECONDS = 20
# So long a session that is to be bound may be not bound yet; the offer ends before that.
UNBOUND_SECONDS = 120
END = struct.Struct(">Q")
REMEMBERED = 4096
NOTHING = ("", 0)


class NotProven(SignInAgain):
    """The session is bound, and the request came without a live short cookie of it."""

    def __init__(self) -> None:
        super().__init__(
            title="Your browser did not prove itself",
            what_happened=(
                "Your session is bound to the device on which you signed in, and this request came "
                "without its proof."
            ),
            what_to_check=("Try again. If it stays like this, sign in again.",),
            status=401,
            slug="not_proven",
            way_on=HERE_AGAIN,
        )


class NotBound(Refused):
    """BOUND_SESSIONS is required, and the browser has bound nothing."""

    def __init__(self) -> None:
        super().__init__(
            title="Your browser cannot bind your session",
            what_happened=(
                "This site serves sessions only that are bound to the device on which they began, and "
                "your browser has not offered a key for yours."
            ),
            what_to_check=(
                "Use a browser that has Device Bound Session Credentials, and sign in there.",
                "If it has: sign in again.",
            ),
            status=403,
            slug="not_bound",
            way_on=("Start OAuth flow again", "/login"),
        )


@dataclass(frozen=True)
class BoundCookies:
    """Makes short cookies, and asks for them as BOUND_SESSIONS has it."""

    sealer: Sealer
    demand: BoundSessions = BoundSessions.OFF
    _opened: Memory[tuple[str, int]] = field(default_factory=lambda: Memory(REMEMBERED), repr=False)

    def value(self, handle: str) -> str:
        """A cookie of the session with this handle, which lives for COOKIE_SECONDS from now."""
        end = END.pack(int(time.time()) + COOKIE_SECONDS + SKEW_SECONDS)
        return self.sealer.seal_text(end, purpose=PURPOSE, place=handle)

    def check(
        self, handle: str, session: Session, value: str | None, *, at: float | None = None
    ) -> None:
        """Raise NotProven or NotBound if the session may not be used with this short cookie.

        `at` is when, in Unix seconds, it came; else it is now. Raise NewerRecord if a newer release made it.
        """
        if self.demand is BoundSessions.OFF:
            return
        now = time.time() if at is None else at
        if session.bound_at:
            # With every request, and mostly it is live.
            if self.end(handle, value) > now or self._lasts(session, 0, now):
                return
            raise NotProven
        if not self._lasts(session, 0, now):
            raise NotBound

    def lasts(self, session: Session, end: int) -> bool:
        """Whether what was opened with a short cookie that ends then, or with none (zero), may stay open."""
        return self._lasts(session, end, time.time())

    def _lasts(self, session: Session, end: int, now: float) -> bool:
        if self.demand is BoundSessions.OFF:
            return True
        if session.bound_at:
            return now < max(end, session.bound_at + SETTLING_SECONDS)
        return (
            self.demand is not BoundSessions.REQUIRED
            or now < session.signed_in_at + UNBOUND_SECONDS
        )

    def end(self, handle: str, value: str | None) -> int:
        """When the session's short cookie ends, in Unix seconds; zero if this is none of it."""
        if not value:
            return 0
        # A cookie comes with every request for ten minutes, and opening it takes longer than all the rest.
        owner, end = self._opened.get(value, NOTHING)
        if owner != handle:
            end = self._end_of(handle, value)
            # What is none is not remembered: anybody could send as many as they like.
            if end:
                self._opened.put(value, (handle, end))
        return end

    def _end_of(self, handle: str, value: str) -> int:
        """When the cookie ends, in Unix seconds; zero if it is none of this session."""
        try:
            (end,) = END.unpack(self.sealer.open_text(value, purpose=PURPOSE, place=handle))
        except (SealBrokenError, struct.error):
            return 0
        except NewerFormatError:
            raise NewerRecord from None
        return int(end)

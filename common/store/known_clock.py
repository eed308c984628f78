"""Redis' clock as far as it is known without asking: what it was a moment ago, and how long ago that is.

It goes on by this process' monotonic clock, which no operator sets. The answer was under way for a moment, so
what is told here is Redis' time or a little before. An answer that took long says too little: whoever writes
by that time would have given up before they began.
"""

import time

# A step of Redis' clock, or another master, is noticed after so long.
KNOWN_SECONDS = 10.0
# By how much what is told may be behind.
MOST_BEHIND_SECONDS = 0.05


class KnownClock:
    """Of the one server that commands go to."""

    def __init__(self) -> None:
        self._known: tuple[int, float] | None = None

    def told(self, answer: object, *, asked: float) -> None:
        """Take what TIME has just answered: seconds and microseconds; anything else is a failure.

        `asked` is when it was asked for, by time.monotonic().
        """
        here = time.monotonic()
        if here - asked > MOST_BEHIND_SECONDS:
            return
        match answer:
            case (int(seconds), int(microseconds)):
                self._known = seconds * 1000 + microseconds // 1000, here

    def now(self) -> int | None:
        """Unix milliseconds; None if it was not told lately."""
        if self._known is None:
            return None
        redis, here = self._known
        passed = time.monotonic() - here
        return redis + int(1000 * passed) if passed < KNOWN_SECONDS else None

    @property
    def is_due(self) -> bool:
        """Whether it had better be told again with the next answer, before somebody has to ask."""
        return self._known is None or time.monotonic() - self._known[1] > KNOWN_SECONDS / 2

    def forget(self) -> None:
        """Have it asked for again."""
        self._known = None

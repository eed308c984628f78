"""How Redis is, from good to bad, and what a failure says of it."""

from enum import IntEnum

from redis.exceptions import ExecAbortError, OutOfMemoryError, ReadOnlyError, ResponseError

# Replies that begin so mean "not now, for writes": no disk, or too few replicas.
WRITE_REFUSALS = ("MISCONF", "NOREPLICAS")


class Condition(IntEnum):
    """The higher, the worse."""

    UP = 0
    REFUSES_WRITES = 1
    DOWN = 2

    @property
    def event(self) -> str:
        """What the log says when it becomes like that."""
        return EVENTS[self]


EVENTS = {
    Condition.UP: "redis_available",
    Condition.REFUSES_WRITES: "redis_refuses_writes",
    Condition.DOWN: "redis_unavailable",
}


def condition_after(error: Exception) -> Condition:
    """How Redis is that answered, or did not answer, like this."""
    if isinstance(error, ReadOnlyError | OutOfMemoryError | ExecAbortError):
        return Condition.REFUSES_WRITES
    if isinstance(error, ResponseError) and str(error).startswith(WRITE_REFUSALS):
        return Condition.REFUSES_WRITES
    return Condition.DOWN

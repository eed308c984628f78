"""What Redis can do to a caller, and how long a caller lets it."""

from redis.exceptions import RedisClusterException, RedisError

# A person waits at most this long for Redis before the page says so; seconds.
DEADLINE_SECONDS = 0.7
# redis-py does not count a cluster's trouble as its own, and stumbles over connections that go while it uses
# them: the last two.
TROUBLE = (
    *(RedisError, RedisClusterException, OSError, TimeoutError),
    *(AttributeError, RuntimeError),
)


def root_of(error: BaseException) -> type[BaseException]:
    """What kind of error it was before redis-py wrapped it."""
    while isinstance(error.__cause__, Exception):
        error = error.__cause__
    return type(error)

"""What stands behind `python -m <service>`."""

import asyncio
import sys
from collections.abc import Sequence

from common.settings.service import ServiceSettings
from common.store.access import open_redis
from common.store.permissions import RedisNeeds, RedisNotThere, missing_permissions

EXIT_UNKNOWN = 2
SERVE = "serve"
EXIT_REDIS = 1


def read_command(
    arguments: Sequence[str], known: Sequence[str], *, service: str
) -> tuple[str, list[str]]:
    """The command and its arguments; without any it is `serve`. `known` are written `name` or `name …`.

    Anything else ends the process with exit code 2: a check that is misspelt must not start a server.
    """
    command, *more = arguments or [SERVE]
    if f"{command} …" in known or (command in known and not more):
        return command, more
    listed = ", ".join(f"python -m {service} {each}" for each in known)
    sys.stderr.write(f"{service} has no such command; there are: {listed}\n")
    sys.exit(EXIT_UNKNOWN)


def check_redis(settings: ServiceSettings, needs: RedisNeeds) -> int:
    """Return the exit code: 0 if all is well, 1 with what is wrong on standard error."""
    problems = asyncio.run(_problems(settings, needs))
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return EXIT_REDIS if problems else 0


async def _problems(settings: ServiceSettings, needs: RedisNeeds) -> list[str]:
    redis = open_redis(settings.redis_url, settings.redis_credentials)
    try:
        missing = await missing_permissions(redis, needs)
    except RedisNotThere as reason:
        return [f"{reason}."]
    finally:
        await redis.close()
    user = settings.redis_credentials.username or "of REDIS_URL"
    return [f"The Redis user {user} may not: {command}" for command in missing]

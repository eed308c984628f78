"""`python -m <service> check-redis`: what the service needs in Redis and may not do there."""

import asyncio
import sys

from common.settings.service import ServiceSettings
from common.store.access import open_redis
from common.store.permissions import RedisNeeds, RedisNotThere, missing_permissions

EXIT_REDIS = 1


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

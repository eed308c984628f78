"""`python -m bench.nobody_else`: 200 people for 60 seconds on a bad line to Redis, some of whom do not wait.

Redis' answers come late, in pieces, hang past every deadline, or are cut off in the middle. Every answer
is compared with the person who asked; a sign-out would be a mixed-up answer that did not open.
"""

import asyncio
import logging
import time

from harness.crowd import ask_for_themselves, gather_crowd, played_webex
from harness.redis_proxy import BadLine, RedisProxy
from harness.redis_server import RedisServer
from harness.site import SESSION_KEY, run_site

PEOPLE, SECONDS, SEED = 200, 60.0, 7


async def main() -> None:
    # Failures are counted below.
    logging.disable(logging.CRITICAL)
    redis = RedisServer()
    redis.start()
    try:
        members = await gather_crowd(redis.url, SESSION_KEY, PEOPLE)
        path = redis.url.removeprefix("unix://")
        async with (
            played_webex() as webex,
            RedisProxy(path, BadLine(), seed=SEED) as proxy,
            run_site(
                redis,
                replicas=2,
                REDIS_URL=proxy.url,
                SANDBOX_URL="",
                CLIENT_ID="insecure-client",
                CLIENT_SECRET="insecure-client-secret",  # noqa: S106 - it protects nothing
                WEBEX_API_URL=webex,
            ) as site,
        ):
            end = time.monotonic() + SECONDS
            seen = await ask_for_themselves(
                site.app_urls, members, go_on=lambda _: time.monotonic() < end, seed=SEED
            )
    finally:
        redis.remove()
    print(f"{PEOPLE} people, {SECONDS:.0f} s: {seen.outcomes.total()} requests")
    print(f"answers {dict(seen.outcomes)}, sign-outs {seen.outcomes['401']}")
    print(f"faults {dict(proxy.faults)}")
    print(f"somebody else's answers: {len(seen.strangers)}")


if __name__ == "__main__":
    asyncio.run(main())

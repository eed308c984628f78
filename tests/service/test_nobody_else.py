"""On a bad line to Redis, with people who do not wait, everybody sees themselves and nobody else."""

import pytest

from harness.crowd import Seen, ask_for_themselves, gather_crowd, played_webex
from harness.redis_proxy import BadLine, RedisProxy
from harness.redis_server import RedisServer
from harness.site import SESSION_KEY
from tests.conftest import MakeSite

PEOPLE = 200
REQUESTS = 6000
# What has not happened by then does not happen any more.
MOST_REQUESTS = 10 * REQUESTS
OUTCOMES = ("200", "503", "left")


@pytest.mark.parametrize("seed", [1, 2])
async def test_everybody_sees_only_themselves_on_a_bad_line_to_redis(
    make_site: MakeSite, redis_server: RedisServer, seed: int
) -> None:
    members = await gather_crowd(redis_server.url, SESSION_KEY, PEOPLE)
    path = redis_server.url.removeprefix("unix://")
    async with played_webex() as webex, RedisProxy(path, BadLine(), seed=seed) as proxy:
        site = await make_site(
            replicas=2,
            REDIS_URL=proxy.url,
            SANDBOX_URL="",
            CLIENT_ID="insecure-client",
            CLIENT_SECRET="insecure-client-secret",
            WEBEX_API_URL=webex,
        )

        def missing(so_far: Seen) -> set[str]:
            happened = so_far.outcomes + proxy.faults
            return {*OUTCOMES, *proxy.faults} - set(happened)

        def go_on(so_far: Seen) -> bool:
            # A retry hides most faults from people: how many it takes until one is met is chance.
            wanted = MOST_REQUESTS if missing(so_far) else REQUESTS
            return so_far.outcomes.total() < wanted

        seen = await ask_for_themselves(site.app_urls, members, go_on=go_on, seed=seed)
    assert seen.strangers == []
    # A mixed-up answer does not open, so it would look like a sign-out.
    assert set(seen.outcomes) <= set(OUTCOMES), seen.outcomes
    assert not missing(seen), f"never in {seen.outcomes.total()} requests: {missing(seen)}"

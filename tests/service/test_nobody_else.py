"""On a bad line to Redis, with people who do not wait, everybody sees themselves and nobody else."""

import pytest

from tests.conftest import MakeSite
from tests.crowd import ask_for_themselves, gather_crowd, played_webex
from tests.redis_proxy import BadLine, RedisProxy
from tests.redis_server import RedisServer
from tests.site import SESSION_KEY

PEOPLE = 200
REQUESTS = 6000


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
        seen = await ask_for_themselves(
            site.app_urls, members, go_on=lambda so_far: so_far < REQUESTS, seed=seed
        )
    assert seen.strangers == []
    # A mixed-up answer does not open, so it would look like a sign-out.
    assert set(seen.outcomes) <= {"200", "503", "left"}, seen.outcomes
    assert min(seen.outcomes["200"], seen.outcomes["left"], seen.outcomes["503"]) > 0
    assert min(proxy.faults[what] for what in ("cut", "late", "hang", "in pieces")) > 0

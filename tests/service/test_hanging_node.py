"""A node of a cluster that hangs takes along what lies there, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from common.batched_reads import BatchedReads
from common.redis_access import COMMANDS_AT_ONCE, RedisAccess, StoreUnavailable
from common.redis_address import RedisCredentials
from common.redis_connection import Command, connect
from common.session_store import session_key
from common.ticket import Ticket
from tests.browser_like import Browser
from tests.conftest import MakeSite
from tests.redis_group import Cluster, RedisNode
from tests.redis_users import PASSWORD

USER = RedisCredentials(username="auth_service", password=PASSWORD)
PEOPLE = 12


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster() as group:
        yield group


@pytest.fixture
async def access(cluster: Cluster) -> AsyncIterator[RedisAccess]:
    access = RedisAccess(connect(cluster.url, USER))
    yield access
    await access.close()


@pytest.fixture
async def keys(access: RedisAccess, cluster: Cluster) -> list[str]:
    """One on each master, in their order; what a key holds is its name."""
    client: Any = await access.client.initialize()
    by_port: dict[int, str] = {}
    for number in range(1000):
        key = f"session:{number}"
        by_port.setdefault(client.get_node_from_key(key).port, key)
    found = [by_port[master.port] for master in cluster.masters]
    for key in found:
        await client.set(key, key)
    return found


@pytest.fixture
def hanging(keys: list[str], cluster: Cluster) -> Iterator[RedisNode]:
    """The first master."""
    del keys  # written before
    node = cluster.masters[0]
    node.freeze()
    yield node
    node.thaw()


def read(key: str) -> Command:
    return lambda redis: redis.get(key)


def said(outcomes: list[Any]) -> list[Any]:
    return [None if isinstance(each, StoreUnavailable) else each for each in outcomes]


@pytest.mark.usefixtures("hanging")
async def test_reads_of_one_moment_fail_for_what_lies_there_only(
    access: RedisAccess, keys: list[str]
) -> None:
    reads = BatchedReads(access)
    found = await asyncio.gather(*(reads.get(key) for key in keys), return_exceptions=True)
    assert said(found) == [None, keys[1].encode(), keys[2].encode()]


@pytest.mark.usefixtures("hanging")
async def test_commands_of_one_moment_fail_for_what_lies_there_only(
    access: RedisAccess, keys: list[str]
) -> None:
    commands = (access.together(read(key), key=key) for key in keys)
    found = await asyncio.gather(*commands, return_exceptions=True)
    assert said(found) == [None, keys[1].encode(), keys[2].encode()]


@pytest.mark.usefixtures("hanging")
async def test_what_waits_for_it_takes_no_turn_of_the_others(
    access: RedisAccess, keys: list[str]
) -> None:
    lost = [
        asyncio.ensure_future(BatchedReads(access).get(keys[0]))
        for _ in range(2 * COMMANDS_AT_ONCE)
    ]
    await asyncio.sleep(0)  # each is a batch of its own, and on its way
    assert await BatchedReads(access).get(keys[1]) == keys[1].encode()
    assert not any(each.done() for each in lost)
    assert said(await asyncio.gather(*lost, return_exceptions=True)) == [None] * len(lost)


async def test_people_whose_sessions_lie_elsewhere_see_their_pages(
    make_site: MakeSite, cluster: Cluster
) -> None:
    site = await make_site(REDIS_URL=cluster.url)
    people = [await site.browser() for _ in range(PEOPLE)]
    for person in people:
        await person.sign_in()
        for _ in range(2):
            assert (await person.get("/api/me")).status == 200
    node = cluster.masters[0]
    there = [person for person in people if lies_on(node, person)]
    assert 0 < len(there) < PEOPLE
    node.freeze()
    try:
        answers = await asyncio.gather(*(person.get("/api/me") for person in people))
    finally:
        node.thaw()
    for person, answer in zip(people, answers, strict=True):
        assert answer.status == (503 if person in there else 200)


def lies_on(node: RedisNode, person: Browser) -> bool:
    ticket = Ticket.parse(person.session_cookie)
    assert ticket is not None
    with node.client() as client:
        keys: Any = client.keys("session:*")
    return session_key(ticket.handle).encode() in keys

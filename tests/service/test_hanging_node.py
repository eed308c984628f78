"""A node of a cluster that hangs takes along what lies there, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from common.sessions.keys import session_key
from common.sessions.ticket import Ticket
from common.settings.redis import RedisCredentials
from common.store.access import COMMANDS_AT_ONCE, Command, RedisAccess
from common.store.client import connect
from harness.browser_like import Browser
from harness.redis_group import Cluster, RedisNode
from harness.redis_users import PASSWORD
from tests.conftest import MakeSite

USER = RedisCredentials(username="auth_service", password=PASSWORD)
PEOPLE = 8


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


@pytest.mark.usefixtures("hanging")
async def test_reads_of_the_same_moment_elsewhere_are_answered(
    access: RedisAccess, keys: list[str]
) -> None:
    found = await asyncio.gather(*(access.get(key) for key in keys), return_exceptions=True)
    assert found[1:] == [key.encode() for key in keys[1:]]


@pytest.mark.usefixtures("hanging")
async def test_commands_of_the_same_moment_elsewhere_are_answered(
    access: RedisAccess, keys: list[str]
) -> None:
    commands = (access.together(read(key), key=key) for key in keys)
    found = await asyncio.gather(*commands, return_exceptions=True)
    assert found[1:] == [key.encode() for key in keys[1:]]


@pytest.mark.usefixtures("hanging")
async def test_what_waits_for_it_takes_no_turn_of_the_others(
    access: RedisAccess, keys: list[str]
) -> None:
    lost = [asyncio.ensure_future(access.read_many([keys[0]])) for _ in range(2 * COMMANDS_AT_ONCE)]
    await asyncio.sleep(0)  # each is a command of its own, and on its way
    assert await access.get(keys[1]) == keys[1].encode()
    await asyncio.gather(*lost, return_exceptions=True)


async def test_people_whose_sessions_lie_elsewhere_see_their_pages(
    make_site: MakeSite, cluster: Cluster
) -> None:
    site = await make_site(REDIS_URL=cluster.url)
    node, there, elsewhere = cluster.masters[0], list[Browser](), list[Browser]()
    while not there or len(elsewhere) < PEOPLE:
        person = await site.browser()
        await person.sign_in()
        assert (await person.get("/api/me")).status == 200
        (there if lies_on(node, person) else elsewhere).append(person)
    node.freeze()
    try:
        asked = [person.get("/api/me") for person in (*elsewhere, *there)]
        answers = await asyncio.gather(*asked)
    finally:
        node.thaw()
    assert [answer.status for answer in answers[: len(elsewhere)]] == [200] * len(elsewhere)


def lies_on(node: RedisNode, person: Browser) -> bool:
    ticket = Ticket.parse(person.session_cookie)
    assert ticket is not None
    with node.client() as client:
        keys: Any = client.keys("session:*")
    return session_key(ticket.handle).encode() in keys

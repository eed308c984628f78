"""Containers come and go under load, and so does the master of Redis; nobody is signed out."""

from collections import Counter
from collections.abc import Iterator

import pytest

from bench.scale_out import Compose, measure
from tests.system.compose.project import has_engine, project

pytestmark = pytest.mark.skipif(not has_engine(), reason="no Docker engine answers")

FILES = ("docker-compose.yml", "docker-compose.override.yml", "deploy/docker-compose.scale.yml")
SETTINGS = {
    "COMPOSE_PROJECT_NAME": "scale-test",
    "COMPOSE_FILE": ":".join(FILES),
    "PORT": "18080",
    "SANDBOX_PORT": "18090",
    # Less than bench.scale_out by itself: a starved machine answers 503 for reasons of its own.
    "PAGES": "25",
    "SIGN_INS": "1",
    "SIGN_IN_RATE": "1000r/s",
    "SIGN_IN_BURST": "1000",
    "AUTH_SERVICES": "2",
    "APP_SERVICES": "3",
    # Odd characters on purpose: a password is not quoted anywhere.
    "AUTH_REDIS_PASSWORD": 'insecure auth" \\p@ss',
    "APP_REDIS_PASSWORD": "insecure app#p'ss",
    "REDIS_REPLICATION_PASSWORD": 'insecure "odd\\ p@ss',
}

# Of app_service, after the change.
REPLICAS = {"scale up": 5, "scale down": 2, "back again": 3, "nothing": 3}


def is_fair(shares: Counter[str]) -> bool:
    """Nobody answers less than three quarters of an equal share."""
    return min(shares.values()) >= 0.75 * shares.total() / len(shares)


@pytest.fixture(scope="module")
def place() -> Iterator[Compose]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        with project(**SETTINGS) as running:
            running.up("--build")
            yield Compose()


@pytest.mark.parametrize(
    "change",
    [
        "nothing",
        "scale up",
        "scale down",
        "back again",
        "rolling update",
        "replica killed",
        "replica frozen",
    ],
)
async def test_no_request_fails_while_containers_come_and_go(place: Compose, change: str) -> None:
    tally = (await measure(place, change, place.changes()[change])).tally
    assert tally.failures == {}
    if change in REPLICAS:
        # By now nginx knows them all, and none that is gone.
        shares = (await measure(place, "nothing", place.changes()["nothing"])).shares
        assert len(shares) == REPLICAS[change]
        assert is_fair(shares), shares


async def test_a_failover_of_redis_signs_nobody_out_and_ends(place: Compose) -> None:
    measured = await measure(place, "Redis failover", place.changes()["Redis failover"])
    tally = measured.tally
    assert tally.sign_outs == 0
    assert {kind.rpartition(" ")[2] for kind in tally.failures} <= {"503"}
    # Seven of twenty-four seconds, where the Sentinels need four.
    assert sum(tally.failures.values()) < 0.3 * tally.kinds.total()

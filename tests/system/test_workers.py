"""Workers where no code changes, one or several: gunicorn's process looks after them."""

import os
import signal
from collections.abc import Iterator

import pytest

from harness.eventually import eventually
from local_stack.readiness import answers
from tests.system.unwatched_service import UnwatchedService


@pytest.fixture(params=[1, 2])
def service(request: pytest.FixtureRequest) -> Iterator[UnwatchedService]:
    with UnwatchedService(request.param) as started:
        yield started


async def has_others_than(service: UnwatchedService, before: set[int]) -> set[int]:
    """Its workers, as soon as it has all of them, none of these is among them, and one answers."""

    async def has() -> bool:
        now = service.living()
        whole = len(now) == service.workers and not now & before
        return whole and answers(service.port, "/healthz")

    await eventually(has)
    return service.living()


async def test_workers_that_die_or_are_to_read_the_settings_anew_are_replaced(
    service: UnwatchedService,
) -> None:
    first = await has_others_than(service, set())
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    second = await has_others_than(service, first)
    service.process.send_signal(signal.SIGHUP)
    await has_others_than(service, second)
    service.process.terminate()
    assert service.process.wait() == 0
    assert not answers(service.port, "/healthz")

"""Workers where no code changes, one or several: gunicorn's process looks after them."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from harness.eventually import eventually
from local_stack.ports import HOST
from local_stack.readiness import answers
from tests.system.unwatched_service import UnwatchedService

# Without room it never comes to that many connections, and nothing else would tell.
GIVES_UP_SECONDS = 20


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


def signal_all(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)


async def test_workers_that_die_or_are_to_read_the_settings_anew_are_replaced(
    service: UnwatchedService,
) -> None:
    first = await has_others_than(service, set())
    signal_all(first, signal.SIGKILL)
    second = await has_others_than(service, first)
    service.process.send_signal(signal.SIGHUP)
    await has_others_than(service, second)
    service.process.terminate()
    assert service.process.wait() == 0
    assert not answers(service.port, "/healthz")


async def test_hundreds_who_come_in_one_moment_find_room_in_the_queue(
    service: UnwatchedService,
) -> None:
    """As viewers do whose streams broke off together. A stopped worker takes nobody out of the queue."""
    workers = await has_others_than(service, set())
    signal_all(workers, signal.SIGSTOP)
    connecting = [asyncio.open_connection(HOST, service.port) for _ in range(400)]
    try:
        streams = await asyncio.wait_for(asyncio.gather(*connecting), GIVES_UP_SECONDS)
    finally:
        signal_all(workers, signal.SIGCONT)
    for _, writer in streams:
        writer.close()

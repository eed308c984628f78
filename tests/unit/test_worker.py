"""gunicorn's worker (common/web/worker.py): when it ends."""

import asyncio
import signal
from types import SimpleNamespace

from common.web.worker import Worker


async def test_a_worker_that_is_asked_to_end_does_not_sleep_on() -> None:
    worker = Worker.__new__(Worker)
    loop, config = asyncio.get_running_loop(), SimpleNamespace(worker_int=lambda _: None)
    worker.__dict__ |= {"alive": True, "loop": loop, "cfg": config, "_notify_waiter": None}
    sleep = worker._wait_next_notify()  # noqa: SLF001 - where it sleeps, and nobody else tells
    worker.handle_exit(signal.SIGTERM, None)
    assert not worker.alive
    assert sleep.done()

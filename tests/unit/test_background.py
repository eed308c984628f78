"""Tasks beside the requests end with the service, whatever a library does with a cancellation."""

import asyncio

import pytest

from common.background import cancelled, running


async def _stubborn(begun: asyncio.Event) -> None:
    """Swallow the first cancellation, as redis-py does in the middle of connecting."""
    begun.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.Event().wait()


async def test_a_swallowed_cancellation_does_not_keep_the_service_from_stopping() -> None:
    begun = asyncio.Event()
    task = asyncio.create_task(_stubborn(begun))
    await begun.wait()
    await cancelled(task)
    assert task.done()


async def test_a_task_runs_until_its_block_is_left() -> None:
    begun = asyncio.Event()
    async with running(_stubborn(begun)):
        await begun.wait()
        tasks = asyncio.all_tasks()
    assert len(asyncio.all_tasks()) == len(tasks) - 1


async def test_a_task_that_failed_is_not_called_forgotten(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise ValueError

    async with running(fail()):
        await asyncio.sleep(0)
    assert caplog.records == []

"""Tasks beside the requests end with the service, whatever a library does with a cancellation."""

import asyncio

import pytest

from common.background import Background, cancelled, running


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


async def test_the_end_waits_for_what_goes_on_behind_an_answer() -> None:
    background, gate = Background(), asyncio.Event()
    task = background.spawn(_until(gate))
    finishing = asyncio.create_task(background.finish())
    await asyncio.sleep(0)
    assert not finishing.done()
    gate.set()
    await finishing
    assert task.done()
    await asyncio.sleep(0)
    assert len(background) == 0


async def _until(gate: asyncio.Event) -> str:
    await gate.wait()
    return "done"


async def test_what_is_under_way_under_a_name_is_not_begun_twice() -> None:
    background, gate = Background(), asyncio.Event()
    first = background.once("a", lambda: _until(gate))
    assert background.once("a", lambda: _until(gate)) is first
    other = background.once("b", lambda: _until(gate))
    assert other is not first
    gate.set()
    assert await first == await other == "done"
    await asyncio.sleep(0)
    again = background.once("a", lambda: _until(gate))
    assert again is not first
    await again


async def test_what_nobody_waits_for_is_logged_when_it_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise ValueError("a secret")

    background = Background()
    background.spawn(fail())
    shared = background.once("name", fail)
    await background.finish()
    await asyncio.sleep(0)
    assert [record.message for record in caplog.records] == ["background_failed"]
    assert isinstance(shared.exception(), ValueError)

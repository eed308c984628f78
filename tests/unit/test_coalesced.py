"""What comes within a moment is dealt with once, in its order, and nothing is lost."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence

import pytest

from common.telemetry import coalesced
from common.telemetry.coalesced import MOST_WAITING, Coalesced, deal_with_all


class Kept:
    """Keeps what it is given, each time by itself, and fails at a nought."""

    def __init__(self) -> None:
        self.times: list[list[int]] = []
        self.later = Coalesced(self._keep)

    async def after(self, times: int) -> list[list[int]]:
        while len(self.times) < times:  # noqa: ASYNC110 - it has no event, as nobody waits for it
            await asyncio.sleep(0)
        return self.times

    def _keep(self, items: Sequence[int]) -> None:
        if 0 in items:
            raise ZeroDivisionError
        self.times.append(list(items))


@pytest.fixture
def endless_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalesced, "PAUSE_SECONDS", 3600)


async def test_after_a_pause_what_comes_in_one_turn_is_dealt_with_at_its_end() -> None:
    kept = Kept()
    for number in (3, 1, 2):
        kept.later.add(number)
    assert kept.times == []
    await asyncio.sleep(0)
    assert kept.times == [[3, 1, 2]]


@pytest.mark.usefixtures("endless_pause")
async def test_what_comes_soon_after_waits_for_the_pause_to_end() -> None:
    kept = Kept()
    for number in (1, 2, 3):
        kept.later.add(number)
        await asyncio.sleep(0)
    assert kept.times == [[1]]
    deal_with_all()
    assert kept.times == [[1], [2, 3]]


async def test_the_pause_ends_by_itself() -> None:
    kept = Kept()
    for number in (1, 2):
        kept.later.add(number)
        await asyncio.sleep(0)
    assert await kept.after(2) == [[1], [2]]


@pytest.mark.usefixtures("endless_pause")
async def test_many_do_not_wait_for_the_pause_to_end() -> None:
    kept = Kept()
    kept.later.add(1)
    await asyncio.sleep(0)
    for number in range(1, MOST_WAITING + 1):
        assert kept.times == [[1]]
        kept.later.add(number)
    await asyncio.sleep(0)
    assert kept.times == [[1], list(range(1, MOST_WAITING + 1))]


@pytest.mark.usefixtures("endless_pause")
async def test_more_that_is_to_be_dealt_with_now_comes_after_what_waits() -> None:
    kept = Kept()
    kept.later.add(1)
    kept.later.deal([2])
    await asyncio.sleep(0)
    assert kept.times == [[1, 2]]


async def test_what_is_added_meanwhile_is_for_the_next_time() -> None:
    seen: list[list[int]] = []

    def keep(items: Sequence[int]) -> None:
        seen.append(list(items))
        if len(seen) == 1:
            later.add(2)

    later = Coalesced(keep)
    later.add(1)
    await asyncio.sleep(0)
    deal_with_all()
    assert seen == [[1], [2]]


def test_what_a_closed_loop_left_behind_comes_with_the_next_one() -> None:
    kept = Kept()

    async def next_words() -> None:
        kept.later.add(2)
        await asyncio.sleep(0)

    closed = asyncio.new_event_loop()
    closed.call_soon(closed.stop)
    # In the loop's last turn: the end of this one never comes.
    closed.call_soon(kept.later.add, 1)
    closed.run_forever()
    closed.close()
    asyncio.run(next_words())
    assert kept.times == [[1, 2]]


async def test_one_time_that_fails_takes_no_other_along() -> None:
    kept, failures = Kept(), list[BaseException]()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(context["exception"]))
    kept.later.add(0)
    await asyncio.sleep(0)
    kept.later.add(1)
    assert await kept.after(1) == [[1]]
    assert [type(each) for each in failures] == [ZeroDivisionError]


LAST_WORDS = """
import asyncio, sys
import uvloop
from common.telemetry.coalesced import Coalesced

later = Coalesced(lambda items: sys.stdout.write(f"{{items}}\\n"))

async def main():
    later.add(1)
    await asyncio.sleep(0)
    later.add(2)

{run}(main())
"""


@pytest.mark.parametrize("run", ["asyncio.run", "uvloop.run"])
def test_what_waits_when_the_process_ends_is_dealt_with(run: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LAST_WORDS.format(run=run)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ended.stdout, ended.stderr) == ("[1]\n[2]\n", "")

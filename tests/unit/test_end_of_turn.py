"""What comes in one turn of the event loop is dealt with once, in its order, and nothing is lost."""

import asyncio
from collections.abc import Sequence

from common.telemetry.end_of_turn import EndOfTurn


class Kept:
    """Keeps the turns it is given, and fails at a nought."""

    def __init__(self) -> None:
        self.turns: list[list[int]] = []
        self.end = EndOfTurn(self._keep)

    def _keep(self, items: Sequence[int]) -> None:
        if 0 in items:
            raise ZeroDivisionError
        self.turns.append(list(items))


async def test_what_is_added_in_one_turn_comes_together_and_in_its_order() -> None:
    kept = Kept()
    for number in (3, 1, 2):
        kept.end.add(number)
    assert kept.turns == []
    await asyncio.sleep(0)
    kept.end.add(4)
    await asyncio.sleep(0)
    assert kept.turns == [[3, 1, 2], [4]]


async def test_what_is_added_while_the_turn_ends_is_for_the_next_one() -> None:
    seen: list[list[int]] = []

    def keep(items: Sequence[int]) -> None:
        seen.append(list(items))
        if len(seen) == 1:
            end.add(2)

    end = EndOfTurn(keep)
    end.add(1)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert seen == [[1], [2]]


def test_what_a_closed_loop_left_behind_comes_with_the_next_one() -> None:
    kept = Kept()

    async def next_words() -> None:
        kept.end.add(2)
        await asyncio.sleep(0)

    closed = asyncio.new_event_loop()
    closed.call_soon(closed.stop)
    # In the loop's last turn: the end of this one never comes.
    closed.call_soon(kept.end.add, 1)
    closed.run_forever()
    closed.close()
    asyncio.run(next_words())
    assert kept.turns == [[1, 2]]


async def test_a_turn_that_fails_takes_no_other_along() -> None:
    kept, failures = Kept(), list[BaseException]()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(context["exception"]))
    kept.end.add(0)
    await asyncio.sleep(0)
    kept.end.add(1)
    await asyncio.sleep(0)
    assert kept.turns == [[1]]
    assert [type(each) for each in failures] == [ZeroDivisionError]

"""`python -m bench.page_steps`: how many steps Python takes for a signed-in page, in which part of the code.

Counted, not timed: the figures are nearly the same on a busy machine, so they show whether a page has become
dearer where bench.page_cost cannot. What is written in C does not count, nor what Redis and its reader take.
"""

from collections import Counter
from collections.abc import Callable
from types import FrameType

from bench.page_cost import pages
from bench.tools.in_memory import CONNECTIONS, Contender, part_of, run
from bench.tools.steps import counted

ROUNDS = 5
# What asks is no part of a page.
OWN = "/bench/"


def _part(frame: FrameType) -> str | None:
    file = frame.f_code.co_filename
    return None if OWN in file else part_of(file)


async def tell(contender: Contender, what: str) -> None:
    """Count and print the steps of what each connection does in a round."""
    steps = await _steps(contender)
    number = ROUNDS * CONNECTIONS
    print(f"{steps.total() / number:.0f} steps of Python a {what}, {CONNECTIONS} at once")
    for part, own in steps.most_common():
        print(f"  {part:32} {own / number:5.0f}")


async def _steps(
    contender: Contender, before_each: Callable[[], None] = lambda: None
) -> Counter[str]:
    """Those of some rounds, by part; `before_each` round something is done that does not count."""
    steps = Counter[str]()
    for _ in range(ROUNDS):
        before_each()
        with counted(steps, _part):
            await contender.round()
    return steps


async def main() -> None:
    visits = await pages()
    await tell(visits, "page")
    number = ROUNDS * CONNECTIONS
    for what, before_each in (
        ("where both records are looked at again, once a minute", visits.end_minute),
        ("where nothing is remembered", visits.forget),
    ):
        print(f"{(await _steps(visits, before_each)).total() / number:.0f} {what}")


if __name__ == "__main__":
    run(main())

"""`python -m bench.page_steps`: how many steps Python takes for a signed-in page, in which part of the code.

Counted, not timed: the figures are nearly the same on a busy machine, so they show whether a page has become
dearer where bench.page_cost cannot. What is written in C does not count, nor what Redis and its reader take.
"""

from collections import Counter
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
    steps = Counter[str]()
    with counted(steps, _part):
        for _ in range(ROUNDS):
            await contender.round()
    number = ROUNDS * CONNECTIONS
    print(f"{steps.total() / number:.0f} steps of Python a {what}, {CONNECTIONS} at once")
    for part, own in steps.most_common():
        print(f"  {part:32} {own / number:5.0f}")


async def main() -> None:
    await tell(await pages(), "page")


if __name__ == "__main__":
    run(main())

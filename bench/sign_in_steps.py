"""`python -m bench.sign_in_steps`: how many steps Python takes for a sign-in, counted as for a page.

As in bench.sign_in_cost: login and callback in memory, without the landing, and without what speaks to Redis
and Webex.
"""

from bench.page_steps import tell
from bench.sign_in_cost import played_around, sign_ins
from bench.tools.in_memory import run

# What is made once for each process, and at the first sign-ins.
WARM_UP = 3


async def main() -> None:
    with played_around():
        ours = await sign_ins()
        for _ in range(WARM_UP):
            await ours.round()
        await tell(ours, "sign-in")


if __name__ == "__main__":
    run(main())

"""W3: whole sign-ins, with Webex answering at once and after 200 ms."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.plan import Plan
from bench.results import Results
from bench.tools.cost import measured
from bench.tools.process import memory
from bench.tools.raw_http import Wire
from bench.tools.sign_ins import SignInRun, sign_in_for
from bench.tools.site import Bench, Contender

# At 200 ms and two calls, 64 at once are at most 160 sign-ins a second.
CASES = (("Webex at once", 0.0, 32), ("Webex after 200 ms", 0.2, 64))


@dataclass
class SignInsRun:
    bench: Bench
    plan: Plan
    results: Results

    async def sign_ins(self, contenders: Sequence[Contender]) -> None:
        sites = [each for each in contenders if each.name != "ours-nginx" and each.cookies != [""]]
        for case, delay, at_once in CASES:
            await self._delay(delay)
            for repeat in range(self.plan.sign_in_repeats):
                for contender in sites:
                    await self._one(case, contender, at_once, repeat)
        await self._delay(0.0)

    async def _one(self, case: str, contender: Contender, at_once: int, repeat: int) -> None:
        async def run() -> SignInRun:
            seconds = self.plan.sign_in_seconds
            return await sign_in_for(contender.door, at_once=at_once, seconds=seconds)

        done, cost = await measured(
            run,
            contender.sign_ins,
            tries=self.plan.tries_after(self.results.disturbed),
            on_disturbed=self._disturbed,
        )
        number = len(done.cookies)
        self.results.add(
            *("W3", case, contender.label),
            per_second=number / done.seconds,
            cpu=cost.cpu / max(1, number) * 1e6,
            median=statistics.median(done.durations or [0.0]) * 1000,
            busy=cost.busy * 100,
            failed=done.failures.total(),
            largest=memory(*contender.sign_ins).largest,
        )
        print(
            f"  W3 {repeat + 1}/{self.plan.sign_in_repeats} {case:>18} {contender.label:36} "
            f"{number / done.seconds:5.0f} sign-ins/s {cost.cpu / max(1, number) * 1e6:6.0f} µs CPU, "
            f"{cost.busy:4.0%} of its core, failures {dict(done.failures)}",
            flush=True,
        )

    async def _delay(self, seconds: float) -> None:
        async with Wire(self.bench.webex_port) as wire:
            await wire.get(f"/_delay?seconds={seconds}")

    def _disturbed(self) -> None:
        self.results.disturbed += 1

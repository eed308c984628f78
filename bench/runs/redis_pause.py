"""W5: Redis stops answering for five seconds, its connections open, while people look at their pages."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.plan import Plan
from bench.results import Results
from bench.tools.open_load import OK, SIGNED_OUT, OpenLoad, outcome
from bench.tools.raw_http import Wire
from bench.tools.site import Bench, Contender

LOOKED_AT = 100


@dataclass
class RedisPauseRun:
    bench: Bench
    plan: Plan
    results: Results

    async def run(self, contenders: Sequence[Contender]) -> None:
        for contender in contenders:
            if contender.name != "ours-nginx" and contender.cookies != [""]:
                await self._one(contender)

    async def _one(self, contender: Contender) -> None:
        door, redis = contender.door, self.bench.stack.process("redis")
        async with OpenLoad(door.page_port, door.signed_in_page, contender.cookies) as load:
            await asyncio.sleep(self.plan.calm_seconds)
            redis.pause()
            try:
                await asyncio.sleep(self.plan.redis_pause_seconds)
            finally:
                redis.resume()
            resumed = time.perf_counter()
            await asyncio.sleep(2 * self.plan.calm_seconds)
        lost = await self._signed_out(contender)
        kinds = dict(load.failures)
        self.results.add(
            *("W5", "", contender.label),
            requests=len(load.outcomes),
            failures=sum(kinds.values()),
            told_signed_out=kinds.get(SIGNED_OUT, 0),
            sign_outs=lost,
            slowest=load.slowest,
            well_again=load.well_again_after(resumed),
        )
        self.results.say("W5", contender.label, kinds=in_words(kinds))
        print(
            f"  W5 {contender.label:36} {len(load.outcomes)} requests, failures {kinds or 'none'}, "
            f"sign-outs {lost}, slowest answer {load.slowest:.1f} s, "
            f"last failure {load.well_again_after(resumed):.1f} s after Redis was back",
            flush=True,
        )

    @staticmethod
    async def _signed_out(contender: Contender) -> int:
        """How many sessions do not show their page any more, when all is calm again."""
        async with Wire(contender.door.page_port) as wire:
            page, cookies = contender.door.signed_in_page, contender.cookies[:LOOKED_AT]
            return sum([await outcome(wire, page, cookie) != OK for cookie in cookies])


def in_words(kinds: dict[str, int]) -> str:
    """Failures by kind, as a table shows them."""
    return ", ".join(f"{kind}: {number}" for kind, number in sorted(kinds.items())) or "none"

"""W4: a refresh storm. W6: a rolling restart. Both against two replicas behind nginx."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.plan import Plan
from bench.results import Results
from bench.runs.redis_pause import in_words
from bench.tools.open_load import OK, SIGNED_OUT, OpenLoad, outcome
from bench.tools.pairs import Pair
from bench.tools.raw_http import Answer, Wire
from harness.sandbox_control import EXCHANGE

REQUESTS = 100
WEBEX_SECONDS = 3.0
# Libraries that look at the clock renew a token in its last minute; the sign-in itself is before that.
SHORT_LIFE_SECONDS = 64
UNTIL_LAST_MINUTE_SECONDS = 5
USUAL_LIFE_SECONDS = 1_209_599
VISITORS = 20


@dataclass
class PairRun:
    plan: Plan
    results: Results

    async def storm(self, pairs: Sequence[Pair]) -> None:
        for pair in pairs:
            if pair.refreshes_at is None:
                self.results.not_measured("W4", pair.label, f"no refresh: {pair.why_no_refresh}")
                print(f"  W4 {pair.label:36} no refresh: {pair.why_no_refresh}", flush=True)
            else:
                await self._storm(pair, pair.refreshes_at)

    async def restarts(self, pairs: Sequence[Pair]) -> None:
        for pair in pairs:
            await self._rolling_restart(pair)

    async def _storm(self, pair: Pair, path: str) -> None:
        sandbox = pair.sandbox
        await sandbox.policy(access_token_seconds=SHORT_LIFE_SECONDS, refresh_mode="rotating")
        cookie = await pair.sign_in("ada@example.com")
        await asyncio.sleep(UNTIL_LAST_MINUTE_SECONDS)
        await sandbox.policy(access_token_seconds=USUAL_LIFE_SECONDS)
        await sandbox.expire_tokens(access=True)
        await sandbox.fault(EXCHANGE, delay=WEBEX_SECONDS)
        await sandbox.forget_calls()
        began = time.perf_counter()
        statuses = Counter(
            await asyncio.gather(*(_status(pair.port, path, cookie) for _ in range(REQUESTS)))
        )
        took, calls = time.perf_counter() - began, await sandbox.calls(EXCHANGE)
        await sandbox.lift_faults()
        async with Wire(pair.port) as wire:
            afterwards = await outcome(wire, pair.page, cookie)
        failures = {status: n for status, n in statuses.items() if status != "200"}
        self.results.add(
            *("W4", "", pair.label),
            token_calls=calls,
            failures=sum(failures.values()),
            seconds=took,
        )
        self.results.say(
            "W4", pair.label, kinds=in_words(failures), afterwards=_afterwards(afterwards)
        )
        print(
            f"  W4 {pair.label:36} token calls {calls}, answers {dict(statuses)}, {took:.1f} s, "
            f"afterwards {afterwards}",
            flush=True,
        )

    async def _rolling_restart(self, pair: Pair) -> None:
        cookies = [await pair.sign_in(f"visitor-{n}@example.com") for n in range(VISITORS)]
        async with OpenLoad(pair.port, pair.page, cookies) as load:
            await asyncio.sleep(self.plan.calm_seconds)
            began = time.perf_counter()
            for restart in pair.restarts:
                await asyncio.to_thread(restart)
            took = time.perf_counter() - began
            await asyncio.sleep(self.plan.calm_seconds)
        async with Wire(pair.port) as wire:
            lost = sum([await outcome(wire, pair.page, cookie) != OK for cookie in cookies])
        kinds = dict(load.failures)
        self.results.add(
            *("W6", "", pair.label),
            requests=len(load.outcomes),
            failures=sum(kinds.values()),
            sign_outs=lost,
            slowest=load.slowest,
            seconds=took,
        )
        self.results.say("W6", pair.label, kinds=in_words(kinds))
        print(
            f"  W6 {pair.label:36} {len(load.outcomes)} requests, failures {kinds or 'none'}, "
            f"sign-outs {lost}, slowest answer {load.slowest:.1f} s, restarts took {took:.1f} s",
            flush=True,
        )


async def _status(port: int, path: str, cookie: str) -> str:
    try:
        async with Wire(port) as wire, asyncio.timeout(60):
            answer: Answer = await wire.get(path, cookie)
            return str(answer.status)
    except (OSError, EOFError, TimeoutError) as error:
        return type(error).__name__


def _afterwards(kind: str) -> str:
    return {OK: "signed in", SIGNED_OUT: "signed out"}.get(kind, kind)

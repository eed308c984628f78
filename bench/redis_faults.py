"""`python -m bench.redis_faults`: Redis paused, killed, read-only, full, switched, under a steady load.

Two replicas of each service behind nginx, 100 pages and 2 sign-ins a second. First on a Redis of its
own, then behind three Sentinels. Recovery is counted from the moment the fault is lifted to the first good
answer; for a switch of masters, which nobody lifts, from the fault.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from bench.steady_load import SteadyLoad, Tally
from harness.redis_group import SENTINEL_PASSWORD, Watched
from harness.redis_users import PASSWORD
from harness.stack import Stack

PAGES, SIGN_INS = 100, 2
FAULT_SECONDS = 5.0
AFTER_SECONDS = 3.0
# Both services of a stack get the same settings, so this user may do what both of them do.
USER = "both"
STATES = ("redis_unavailable", "redis_refuses_writes", "redis_available")

Act = Callable[[], Awaitable[object]]


@dataclass
class Fault:
    """`lift` undoes it; with Sentinels that is only tidying up, for the next fault."""

    name: str
    begin: Act
    lift: Act | None = None


def on_its_own(stack: Stack, admin: Redis) -> list[Fault]:
    process = stack.process("redis")

    async def run(act: Callable[[], None]) -> None:
        await asyncio.to_thread(act)

    async def kill_connections() -> None:
        for _ in range(20):
            await admin.client_kill_filter(_type="normal", skipme=True)
            await asyncio.sleep(0.1)

    return [
        Fault("paused 5 s", lambda: run(process.pause), lambda: run(process.resume)),
        Fault("killed, back after 5 s", lambda: run(process.kill), lambda: run(process.start)),
        Fault("stopped, back after 5 s", lambda: run(process.stop), lambda: run(process.start)),
        Fault("connections killed 20 times", kill_connections),
        Fault(
            "read-only 5 s",
            lambda: admin.replicaof("127.0.0.1", 1),
            lambda: admin.replicaof("NO", "ONE"),
        ),
        Fault(
            "full 5 s",
            lambda: admin.config_set("maxmemory", 1),
            lambda: admin.config_set("maxmemory", 0),
        ),
    ]


def watched(group: Watched) -> list[Fault]:
    async def kill() -> None:
        first = await asyncio.to_thread(group.master)
        first.kill()
        broken.append(first.start)

    async def freeze() -> None:
        first = await asyncio.to_thread(group.master)
        first.freeze()
        broken.append(first.thaw)

    async def switch() -> None:
        await asyncio.to_thread(group.switch)

    broken: list[Callable[[], None]] = []

    async def mend() -> None:
        """Bring the former master back: it has to become the replica."""
        broken.pop()()
        await asyncio.to_thread(group.wait_for_replica)

    return [
        Fault("master killed", kill, mend),
        Fault("master frozen", freeze, mend),
        Fault("master switched by an operator", switch),
    ]


@dataclass
class Timed(Tally):
    """Knows as well when the last answer came that was not good."""

    last_failure: float = 0.0

    def count(self, kind: str, began: float) -> None:
        before = sum(self.failures.values())
        super().count(kind, began)
        if sum(self.failures.values()) > before:
            self.last_failure = time.perf_counter()


async def break_it(stack: Stack, fault: Fault, *, sentinels: bool) -> str:
    logged = _states(stack)
    async with SteadyLoad(stack.url, pages=PAGES, sign_ins=SIGN_INS) as load:
        load.tally = tally = Timed()
        await asyncio.sleep(AFTER_SECONDS)
        began = time.perf_counter()
        await fault.begin()
        await asyncio.sleep(FAULT_SECONDS)
        if fault.lift and not sentinels:
            began = time.perf_counter()
            await fault.lift()
        await asyncio.sleep(AFTER_SECONDS)
    if fault.lift and sentinels:
        await fault.lift()
    well_after = max(0.0, tally.last_failure - began)
    lines = dict(_states(stack) - logged)
    return f"{fault.name}: {tally}, well again after {well_after:.2f} s, log {lines}"


def _states(stack: Stack) -> Counter[str]:
    """Lines about the condition of Redis, of all replicas together."""
    events = Counter[str]()
    for name in stack.processes:
        if name.partition(".")[0] in ("auth_service", "app_service"):
            lines = (line for line in stack.logs(name).splitlines() if line.startswith("{"))
            events.update(json.loads(line)["event"] for line in lines)
    return Counter({name: count for name, count in events.items() if name in STATES})


def replicas(**settings: Any) -> Stack:
    return Stack(auth_services=2, app_services=2, SIGN_IN_RATE="1000r/s", **settings)


async def main() -> None:
    with replicas() as stack:
        async with Redis.from_url(stack.redis) as admin:
            print("A Redis of its own", flush=True)
            for fault in on_its_own(stack, admin):
                print(await break_it(stack, fault, sentinels=False), flush=True)
    with Watched() as group:
        group.allow(USER, PASSWORD)
        settings = {"REDIS_USERNAME": USER, "REDIS_PASSWORD": PASSWORD}
        settings |= {"REDIS_URL": group.url, "REDIS_SENTINEL_PASSWORD": SENTINEL_PASSWORD}
        with replicas(**settings) as stack:
            print("A master, a replica and three Sentinels", flush=True)
            for fault in watched(group):
                print(await break_it(stack, fault, sentinels=True), flush=True)


if __name__ == "__main__":
    asyncio.run(main())

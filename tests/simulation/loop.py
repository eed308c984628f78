"""An event loop whose time is virtual: it jumps to the next timer, so that hours take milliseconds."""

import asyncio
import contextlib
import os
import random
import secrets
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any
from unittest import mock

EPOCH = 1_800_000_000.0
# What is remembered as "never" lies at zero; an hour or two must have passed since.
START = 100_000.0
# The longest scenarios take some 20 000 turns.
MOST_TURNS = 400_000

# By how many seconds the clock of the running code is wrong.
SKEW: ContextVar[float] = ContextVar("skew", default=0.0)


class Stuck(Exception):
    """Everybody waits for somebody else, or nobody ever comes to an end."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Nothing comes from outside, so waiting is only a jump of the clock."""

    def __init__(self) -> None:
        super().__init__()
        self._now = START
        self._turns = 0
        self._selector = self

    def select(self, timeout: float | None) -> list[Any]:
        """Asked by asyncio for what has come in, waiting so long for it."""
        self._turns += 1
        if timeout is None:
            raise Stuck("nobody has anything left to wait for")
        if self._turns > MOST_TURNS:
            raise Stuck(f"{MOST_TURNS} turns and no end")
        self._now += max(0.0, timeout)
        return []

    def time(self) -> float:
        return self._now

    @property
    def wall(self) -> float:
        """Unix seconds by a clock that is right."""
        return EPOCH + self._now - START

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """There are no other threads."""


@contextlib.contextmanager
def virtual(seed: int) -> Iterator[tuple[VirtualLoop, random.Random]]:
    """A loop, and the dice of its world. Clocks and chance of this process are theirs until it ends."""
    loop, dice, keys = VirtualLoop(), random.Random(seed), random.Random(seed ^ 0xC0FFEE)
    before = random.getstate()
    random.seed(seed ^ 0x5EED)
    with contextlib.ExitStack() as stack:
        for module, name, instead in (
            (time, "time", lambda: loop.wall + SKEW.get()),
            (time, "monotonic", loop.time),
            (time, "perf_counter", loop.time),
            (os, "urandom", keys.randbytes),
            (secrets, "token_bytes", lambda n=32: keys.randbytes(n)),
        ):
            stack.enter_context(mock.patch.object(module, name, instead))
        stack.callback(random.setstate, before)
        stack.callback(_end, loop)
        yield loop, dice


def _end(loop: VirtualLoop) -> None:
    """Cancel what is left, in as many turns as that takes."""
    for _ in range(50):
        tasks = asyncio.all_tasks(loop)
        if not tasks:
            break
        for task in tasks:
            task.cancel()
        loop.call_later(1.0, loop.stop)
        with contextlib.suppress(Stuck):
            loop.run_forever()
    loop.close()

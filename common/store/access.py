"""The way to Redis: one deadline, few commands at once, one line in the log per change of state."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from common.background import cancelled
from common.failures import HERE_AGAIN, TryLater
from common.settings.redis import RedisCredentials
from common.store.batching import Batches
from common.store.client import connect
from common.store.condition import Condition, condition_after
from common.store.known_clock import KnownClock
from common.store.patience import Patience
from common.store.servers import Servers
from common.store.trouble import DEADLINE_SECONDS, TROUBLE, root_of
from common.telemetry.metrics import REDIS_FAILURES, observe_redis

log = logging.getLogger(__name__)

T = TypeVar("T")

# Calls one method of the client that it is given.
Command = Callable[[Redis], Awaitable[Any]]
# One of several commands in their order: its key, and itself.
Step = tuple[str, Command]
RETRY_AFTER_SECONDS = 2
# To each node. More than this does not make one event loop faster.
COMMANDS_AT_ONCE = 32
PROBE_SECONDS = 1.0


class StoreUnavailable(TryLater):
    """Redis did not answer, or not in time; the session is neither read nor lost."""

    def __init__(self) -> None:
        super().__init__(
            title="Sessions cannot be read right now",
            what_happened="The store that keeps the sessions did not answer in time.",
            what_to_check=(
                "Nothing is lost: you are still signed in, and this page works again by itself.",
            ),
            status=503,
            slug="store_unavailable",
            way_on=HERE_AGAIN,
            retry_after=RETRY_AFTER_SECONDS,
        )


class RedisAccess:
    """Runs commands within the deadline, and knows how Redis is.

    Failing commands make the condition worse, at once. Only a probe makes it better, and only when no
    command has failed for a while: a store that is full, or half there, answers some commands well,
    and the log must not change its mind with each of them.
    """

    get: Callable[[str], Awaitable[bytes | None]]
    """Read a key, to be awaited; raises StoreUnavailable.

    Reads of the same moment travel together, as one MGET to each node: a command costs redis-py about as
    much CPU as the rest of a page. Which answer belongs to whom does not rest on that: what comes back is
    sealed for its key, so a mixed-up reply does not open.
    """
    get_both: Callable[[str, str], Awaitable[tuple[bytes | None, bytes | None]]]
    """The same for two keys of one caller, in one round trip if they lie together."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.client = servers.client
        self.get = servers.read_each(servers.ask_each_node(self._read), self._too_late)
        self.get_both = servers.read_both(self.get)
        self._condition = Condition.UP
        self._last_trouble = 0.0
        self._watching: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self._turn_of = servers.for_each_node(lambda: asyncio.Semaphore(COMMANDS_AT_ONCE))
        self._permission_missed = False
        self._commands: Batches[Sequence[Command], list[Any]] = Batches(self._run_together)
        self._clock = servers.ask_each_node(self._read_clock)
        self._known_clock = KnownClock()
        self._send = servers.send_each(self._commands.ask, self._too_late, self._known_clock)

    async def run(self, command: Awaitable[T], *, key: str = "") -> T:
        """Return the command's answer; raise StoreUnavailable for whatever Redis does wrong.

        `key` tells a cluster's node: it takes its turn among that node's commands.
        """
        if self._following is None:
            self._following = asyncio.create_task(self.servers.follow())
        began = time.perf_counter()
        try:
            async with Patience(DEADLINE_SECONDS), self._turn_of(key):
                return await command
        except TROUBLE as error:
            REDIS_FAILURES.inc()
            self._note(error)
            raise StoreUnavailable from error
        finally:
            observe_redis(time.perf_counter() - began)
            # One that did not get its turn was never begun.
            if asyncio.iscoroutine(command):
                command.close()

    async def together(self, command: Command, *, key: str) -> Any:
        """Run a key's command in one round trip with others of this moment; raise StoreUnavailable.

        It may be sent again, like any command here: it must do no harm the second time.
        """
        if self.servers.joins_commands:
            return (await self._joined((command,)))[0]
        return await self.run(command(self.client), key=key)

    async def all_together(self, commands: Sequence[Command], *, key: str) -> list[Any]:
        """The same for several commands of one caller; of one node they run in their order."""
        if self.servers.joins_commands:
            return await self._joined(commands)
        pipeline = self.client.pipeline(transaction=False)
        for command in commands:
            command(pipeline)
        return await self.run(pipeline.execute(), key=key)

    async def in_order(self, *steps: Step) -> list[Any]:
        """The same, and they run in their order wherever their keys lie: in one round trip, if they can.

        If one fails, those behind it may have been carried out all the same.
        """
        if self.servers.joins_commands:
            return await self._joined([command for _, command in steps])
        return [await self.run(command(self.client), key=key) for key, command in steps]

    async def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values of keys anywhere; raise StoreUnavailable. The first one's node gives the turn."""
        return await self.run(self.servers.read_many(keys), key=keys[0] if keys else "")

    async def clock(self, key: str) -> int:
        """The time by the clock of the Redis that has the key, in Unix milliseconds; raise StoreUnavailable.

        Asked once for all who ask at this moment, and not at all if it came along with an answer of the
        last seconds.
        """
        known = self._known_clock.now()
        return known if known is not None else await self._clock(key)

    async def probe(self) -> Condition:
        """Ask Redis how it is, without leaving anything there."""
        try:
            async with Patience(DEADLINE_SECONDS):
                # Not PING: it would not show that this user lost its permission to read.
                await self.client.get("session:readiness")
                # XX writes nothing here, and is refused like any other write.
                await self.client.set("cache:readiness", b"", xx=True, ex=1)
        except TROUBLE as error:
            return condition_after(error)
        return Condition.UP

    async def close(self) -> None:
        for task in (self._watching, self._following):
            if task is not None:
                await cancelled(task)
        await self.servers.close()

    async def _read(self, batch: Sequence[str]) -> Sequence[bytes | None]:
        keys = list(dict.fromkeys(batch))
        found = dict(zip(keys, await self.read_many(keys), strict=True))
        return [found[key] for key in batch]

    async def _read_clock(self, keys: Sequence[str]) -> Sequence[int]:
        seconds, microseconds = await self.run(self.servers.clock(keys[0]), key=keys[0])
        return [seconds * 1000 + microseconds // 1000] * len(keys)

    async def _joined(self, commands: Sequence[Command]) -> list[Any]:
        """The answers to one caller's commands; raise StoreUnavailable."""
        answers = self._judged(await self._send(commands))
        if isinstance(answers, StoreUnavailable):
            raise answers
        return answers

    async def _run_together(self, batch: Sequence[Sequence[Command]]) -> Sequence[Any]:
        pipeline = self.client.pipeline(transaction=False)
        for commands in batch:
            for command in commands:
                command(pipeline)
        asks_time = self._known_clock.is_due
        if asks_time:
            pipeline.time()
        asked = time.monotonic()
        answers = await self.run(pipeline.execute(raise_on_error=False))
        if asks_time:
            self._known_clock.told(answers.pop(), asked=asked)
        left = iter(answers)
        return [self._judged(list(islice(left, len(commands)))) for commands in batch]

    def _judged(self, answers: list[Any]) -> list[Any] | StoreUnavailable:
        failures = [answer for answer in answers if isinstance(answer, TROUBLE)]
        for failure in failures:
            REDIS_FAILURES.inc()
            self._note(failure)
        return StoreUnavailable() if failures else answers

    def _too_late(self) -> StoreUnavailable:
        """Note that a command took too long; return the failure for whoever waits."""
        observe_redis(DEADLINE_SECONDS)
        REDIS_FAILURES.inc()
        self._note(TimeoutError())
        return StoreUnavailable()

    def _note(self, error: Exception) -> None:
        if isinstance(error, NoPermissionError):
            # Redis is well, our user is not. Which permission it is, common.store.permissions says.
            if not self._permission_missed:
                log.error("redis_permission_denied")
            self._permission_missed = True
            return
        self._last_trouble = time.monotonic()
        # It may be another master by now, with another clock.
        self._known_clock.forget()
        condition = condition_after(error)
        if condition > self._condition:
            self._become(condition, reason=root_of(error).__name__)
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())

    def _become(self, condition: Condition, *, reason: str | None = None) -> None:
        self._condition = condition
        level = logging.WARNING if condition is Condition.UP else logging.ERROR
        log.log(level, condition.event, extra={"reason": reason})

    async def _watch(self) -> None:
        """Look until all is well again. New connections find the way to a new master or address."""
        while self._condition is not Condition.UP:
            await asyncio.sleep(PROBE_SECONDS)
            with contextlib.suppress(*TROUBLE):
                await self.servers.drop_idle()
            found = await self.probe()
            calm = time.monotonic() - self._last_trouble >= PROBE_SECONDS
            if found < self._condition and calm:
                self._become(found)
        self._watching = None


def open_redis(url: str, credentials: RedisCredentials, *, own_reader: bool = True) -> RedisAccess:
    """Make the way to the Redis of REDIS_URL; raise AddressMalformed. It connects at its first command."""
    return RedisAccess(connect(url, credentials, own_reader=own_reader))

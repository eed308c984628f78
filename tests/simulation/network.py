"""Between replicas and Redis: latencies, and everything that can go wrong on the way.

A client here is redis-py's own, down to the commands that it makes of its methods; only what would go to a
socket goes to `Network.send`. Like redis-py with our settings it sends again once when the connection breaks.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError, WatchError

from tests.simulation.connection import PlayedConnection
from tests.simulation.redis_stand_in import Answer, RedisStandIn
from tests.simulation.trace import Trace, short

Command = tuple[Any, ...]


class Place(Protocol):
    """Where a client runs."""

    name: str
    dead: bool
    # Whether what it had already sent when it was killed arrives all the same.
    loses_what_is_sent: bool


@dataclass
class Faults:
    """How likely each is, for one round trip."""

    answer_lost: float = 0.0
    refused: float = 0.0
    late: float = 0.0
    news_lost: float = 0.0
    # That another's command comes between two commands of one pipeline.
    split: float = 0.05


@dataclass
class Network:
    server: RedisStandIn
    dice: random.Random
    trace: Trace
    faults: Faults = field(default_factory=Faults)
    counts: Counter[str] = field(default_factory=Counter)
    # Told of each command that Redis has run.
    taken: Callable[[RedisStandIn, Command], None] = lambda *_: None
    # Until when nobody gets through, and until when everything waits for Redis to go on.
    down_until: float = 0.0
    stalled_until: float = 0.0
    cut_off: set[str] = field(default_factory=set)
    # Who has not heard of a switch yet, and still talks to the former master.
    behind: dict[str, RedisStandIn] = field(default_factory=dict)
    # Masters that died: what was on its way there got nowhere.
    dead: list[RedisStandIn] = field(default_factory=list)

    def fail_over(self, to: RedisStandIn, *, seconds: float) -> None:
        """The master dies; for some seconds there is none, and then it is another one."""
        self.dead.append(self.server)
        to.subscribers = self.server.subscribers
        self.server = to
        self.down_until = asyncio.get_running_loop().time() + seconds

    def heal(self) -> None:
        self.faults = Faults()
        self.down_until = self.stalled_until = 0.0
        self.cut_off.clear()
        self.behind.clear()

    def reaches(self, place: Place) -> bool:
        """Whether anything gets through from there."""
        is_down = asyncio.get_running_loop().time() < self.down_until
        return not is_down and place.name not in self.cut_off

    def latency(self) -> float:
        """Seconds one way: mostly quick, sometimes a busy machine, now and then a lost packet."""
        kind = self.dice.random()
        if kind < 0.7:
            return self.dice.uniform(0.0002, 0.002)
        return self.dice.uniform(0.001, 0.03) if kind < 0.95 else self.dice.uniform(0.02, 0.25)

    def send(self, place: Place, commands: Sequence[Command]) -> "asyncio.Future[list[Answer]]":
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Answer]] = loop.create_future()
        delay, lost = self.latency(), False
        if not self.reaches(place):
            self._break(answer, "redis refused", after=0.001)
            return answer
        match self._fault():
            case "refused":
                self._break(answer, "redis refused", after=delay)
                return answer
            case "late":
                self.counts["redis late"] += 1
                delay = self.dice.uniform(0.6, 4.0)
            case "answer lost":
                lost = True
        if loop.time() + delay < self.stalled_until:
            self.counts["redis stalled"] += 1
            delay = self.stalled_until - loop.time() + self.dice.uniform(0, 0.01)
        server = self.behind.get(place.name, self.server)
        loop.call_later(delay, self._arrive, _Sent(place, server, list(commands), answer, lost))
        return answer

    def deliver(self, tell: Any, channel: bytes, message: bytes) -> None:
        """Bring news to a subscriber, or lose it."""
        if self.dice.random() >= self.faults.news_lost:
            asyncio.get_running_loop().call_later(self.latency(), tell, channel, message)

    def _fault(self) -> str:
        kind = self.dice.random()
        for name, likely in (
            ("refused", self.faults.refused),
            ("answer lost", self.faults.answer_lost),
            ("late", self.faults.late),
        ):
            if kind < likely:
                return name
            kind -= likely
        return "none"

    def _arrive(self, sent: "_Sent") -> None:
        if sent.place.dead and sent.place.loses_what_is_sent:
            return
        if sent.server in self.dead:
            self._break(sent.answer, "redis died", after=0.0)
            return
        while sent.commands:
            command = sent.commands.pop(0)
            try:
                answer = sent.server.run(*command)
            except ResponseError as error:
                answer = error
            self.taken(sent.server, command)
            if self.trace.on:
                self.trace.add(sent.place.name, short(command), short(answer))
            sent.answers.append(answer)
            if sent.commands and self.dice.random() < self.faults.split:
                pause = self.dice.uniform(0.0001, 0.004)
                asyncio.get_running_loop().call_later(pause, self._arrive, sent)
                return
        if sent.lost:
            self._break(sent.answer, "redis answer lost", after=self.latency())
            return
        asyncio.get_running_loop().call_later(self.latency(), _answer, sent.answer, sent.answers)

    def _break(self, answer: "asyncio.Future[list[Answer]]", what: str, *, after: float) -> None:
        self.counts[what] += 1
        asyncio.get_running_loop().call_later(after, _break, answer)


@dataclass
class _Sent:
    place: Place
    server: RedisStandIn
    commands: list[Command]
    answer: "asyncio.Future[list[Answer]]"
    lost: bool
    answers: list[Answer] = field(default_factory=list)


def _answer(waiting: "asyncio.Future[list[Answer]]", answers: list[Answer]) -> None:
    if not waiting.done():
        waiting.set_result(answers)


def _break(waiting: "asyncio.Future[list[Answer]]") -> None:
    if not waiting.done():
        waiting.set_exception(RedisConnectionError("the connection broke"))


class SimulatedRedis(Redis):
    """redis-py's client at one replica."""

    def __init__(self, network: Network, place: Place) -> None:
        super().__init__()
        self._network = network
        self._place = place

    async def round_trip(self, commands: Sequence[Command]) -> list[Answer]:
        for last in (False, True):
            if self._place.dead:
                # From a process that was killed nothing goes out any more.
                raise asyncio.CancelledError
            try:
                return await self._network.send(self._place, commands)
            except RedisConnectionError:
                if last:
                    raise
        raise AssertionError

    async def execute_command(self, *command: Any, **_: Any) -> Answer:
        (answer,) = await self.round_trip([command])
        if isinstance(answer, Exception):
            raise answer
        return _as_redis_py(command[0], answer)

    def own_connection(self) -> PlayedConnection:
        """One that is in no pool."""
        return PlayedConnection(self._network, self._place)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:  # noqa: ARG002, FBT001, FBT002 - as redis-py has it
        return _Pipeline(self)

    def pubsub(self, **_: Any) -> Any:
        return _Subscription(self._network)


# A transaction that deletes what it has watched.
UNCHANGED = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""


class _Pipeline(Pipeline):
    def __init__(self, client: SimulatedRedis) -> None:
        super().__init__(client.connection_pool, {}, False, None)  # noqa: FBT003 - as redis-py has it
        self._client = client
        self._watched: tuple[str, Answer] | None = None

    async def watch(self, *names: Any) -> None:  # type: ignore[override]
        (name,) = names
        self.watching = True
        self._watched = (name, await self._client.execute_command("GET", name))

    async def immediate_execute_command(self, *command: Any, **_: Any) -> Answer:
        return await self._client.execute_command(*command)

    async def execute(self, raise_on_error: bool = True) -> list[Answer]:  # noqa: FBT001, FBT002 - as redis-py has it
        commands: list[Command] = [command for command, _ in self.command_stack]
        self.command_stack = []
        if not commands:
            return []
        if self._watched is not None:
            # Nothing comes between the look and what follows it: one step at the server.
            name, seen = self._watched
            if not await self._client.execute_command("EVAL", UNCHANGED, 1, name, seen):
                raise WatchError
            return [1]
        answers = await self._client.round_trip(commands)
        failed = [answer for answer in answers if isinstance(answer, Exception)]
        if failed and raise_on_error:
            raise failed[0]
        return [
            _as_redis_py(command[0], answer)
            for command, answer in zip(commands, answers, strict=True)
        ]


class _Subscription:
    """What our listeners use of redis-py's PubSub."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._mine: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        subscribers = self._network.server.subscribers
        subscribers[:] = [each for each in subscribers if each not in self._mine]

    async def psubscribe(self, *patterns: str) -> None:
        await self._subscribe("pmessage", patterns)

    async def subscribe(self, *channels: str) -> None:
        await self._subscribe("message", channels)

    async def listen(self) -> AsyncIterator[dict[str, Any]]:
        while True:
            yield await self._heard.get()

    async def get_message(self, *, timeout: float, **_: Any) -> dict[str, Any] | None:
        try:
            return await asyncio.wait_for(self._heard.get(), timeout)
        except TimeoutError:
            return None

    async def _subscribe(self, kind: str, patterns: Sequence[str]) -> None:
        await asyncio.sleep(self._network.latency())

        def hear(channel: bytes, message: bytes) -> None:
            self._heard.put_nowait({"type": kind, "channel": channel, "data": message})

        def tell(channel: bytes, message: bytes) -> None:
            self._network.deliver(hear, channel, message)

        self._mine += [(pattern.encode(), tell) for pattern in patterns]
        self._network.server.subscribers += self._mine


def _as_redis_py(name: str, answer: Answer) -> Answer:
    """What redis-py makes of some answers before it hands them on."""
    if isinstance(answer, str):
        return True
    if name == "TIME" and isinstance(answer, list):
        return tuple(int(part) for part in answer)
    return answer

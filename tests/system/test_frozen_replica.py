"""A replica that takes connections and never answers is left out of nginx's list (nginx/watch)."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from bench.steady_load import SteadyLoad
from harness.browser_like import Browser
from harness.eventually import eventually
from harness.sandbox_control import EXCHANGE, PEOPLE_ME, SandboxControl
from harness.stack import Stack
from local_stack.ports import HOST
from tests.system.played_service import ANSWER, PlayedService
from tests.system.raw_http import exchange, statuses

# Of one call; a sign-in makes two.
WEBEX_SECONDS = 9.0
SERVICES = ("auth_service", "app_service")


class Replica:
    """A played replica that answers, or says nothing for as long as it is frozen."""

    def __init__(self, port: int) -> None:
        self.name = f"{HOST}:{port}"
        self.page = asyncio.Event()
        self.page.set()
        self._awake = asyncio.Event()
        self._awake.set()
        self._service = PlayedService(port, self._act)
        self._open = AsyncExitStack()

    async def _act(self, writer: asyncio.StreamWriter) -> None:
        if "/healthz" not in self._service.received[-1].line:
            await self.page.wait()
        await self._awake.wait()
        writer.write(ANSWER)

    async def start(self) -> None:
        await self._open.enter_async_context(self._service)

    async def stop(self) -> None:
        await self._open.aclose()

    def freeze(self) -> None:
        self._awake.clear()

    def thaw(self) -> None:
        self._awake.set()

    @property
    def looks(self) -> int:
        """How often the watch has asked."""
        return len([one for one in self._service.received if "/healthz" in one.line])

    @property
    def pages(self) -> int:
        return len(self._service.received) - self.looks

    async def has_been_asked(self, times: int) -> None:
        wanted = self.looks + times

        async def it_has() -> bool:
            return self.looks >= wanted

        await eventually(it_has)


@pytest.fixture
def watched() -> Iterator[Stack]:
    """Nginx and its watch, in front of places for three replicas of app_service."""
    with Stack(only=["nginx", "watch"], app_services=3, watched=True) as running:
        yield running


@pytest.fixture
async def replicas(watched: Stack) -> AsyncIterator[list[Replica]]:
    async with AsyncExitStack() as stack:
        made = [Replica(port) for port in watched.ports.app_service]
        for replica in made:
            await replica.start()
            stack.push_async_callback(replica.stop)
        for replica in made:
            await replica.has_been_asked(2)
        yield made


def changes(stack: Stack) -> list[set[str]]:
    """Whom the watch has left out, change by change."""
    lines = [json.loads(line) for line in stack.logs("watch").splitlines()]
    return [set(line["left_out"].split()) for line in lines]


async def left_out(stack: Stack, *names: str) -> None:
    """Wait until the watch has left these out and nobody else, and nginx's workers know it."""

    async def is_told() -> bool:
        return (changes(stack) or [set()])[-1] == set(names)

    async def is_heard() -> bool:
        return not old & set(stack.process("nginx").children())

    old = set(stack.process("nginx").children())
    await eventually(is_told)
    # Nothing is under way here, so the old workers end at once.
    await eventually(is_heard)


async def pages(stack: Stack, count: int) -> list[int]:
    request = b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    return [
        status
        for _ in range(count)
        for status in statuses(await exchange(stack.ports.door, request, seconds=20))
    ]


async def test_a_frozen_replica_gets_no_request_until_it_answers_again(
    watched: Stack, replicas: list[Replica]
) -> None:
    frozen = replicas[0]
    frozen.freeze()
    await left_out(watched, frozen.name)
    assert await pages(watched, 12) == [200] * 12
    assert [replica.pages for replica in replicas] == [0, 6, 6]
    frozen.thaw()
    await left_out(watched)
    assert await pages(watched, 12) == [200] * 12
    assert [replica.pages for replica in replicas] == [4, 10, 10]
    assert len(changes(watched)) == 2


async def test_the_last_replica_is_never_left_out(watched: Stack, replicas: list[Replica]) -> None:
    first, second, third = replicas
    first.freeze()
    await left_out(watched, first.name)
    second.freeze()
    await left_out(watched, first.name, second.name)
    third.freeze()
    await third.has_been_asked(3)
    assert changes(watched)[-1] == {first.name, second.name}
    # Whoever answers again takes its place at once.
    first.thaw()
    await left_out(watched, second.name, third.name)
    assert await pages(watched, 3) == [200] * 3
    assert first.pages == 3


async def test_replicas_that_all_freeze_at_once_all_stay(
    watched: Stack, replicas: list[Replica]
) -> None:
    for replica in replicas:
        replica.freeze()
    await asyncio.gather(*(replica.has_been_asked(3) for replica in replicas))
    assert changes(watched) == []


async def test_a_replica_that_is_gone_or_starting_is_not_frozen(
    watched: Stack, replicas: list[Replica]
) -> None:
    """Both reload nothing: to update every replica would cut every event stream."""
    gone, starting, witness = replicas
    await gone.stop()
    await starting.stop()
    await witness.has_been_asked(3)
    starting.freeze()
    await starting.start()
    await starting.has_been_asked(3)
    starting.thaw()
    await witness.has_been_asked(3)
    assert changes(watched) == []


async def test_a_page_that_takes_long_leaves_nobody_out(
    watched: Stack, replicas: list[Replica]
) -> None:
    for replica in replicas:
        replica.page.clear()
    waiting = asyncio.create_task(pages(watched, 1))
    await asyncio.gather(*(replica.has_been_asked(5) for replica in replicas))
    for replica in replicas:
        replica.page.set()
    assert await waiting == [200]
    assert changes(watched) == []


async def test_replicas_that_are_stopped_under_load_lose_no_request_and_none_is_sent_twice() -> (
    None
):
    """SIGSTOP for both services; whoever asked in the last moment has the answer when it goes on."""
    with Stack(
        auth_services=2, app_services=2, watched=True, SIGN_IN_RATE="500r/s", SIGN_IN_BURST="500"
    ) as stack:
        stopped = [stack.process(f"{service}.2") for service in SERVICES]
        silent = {f"{HOST}:{stack.ports.of(service)[1]}" for service in SERVICES}

        async def are_left_out() -> bool:
            return set().union(*changes(stack)) == silent

        async def are_back() -> bool:
            return len(changes(stack)) == 4

        async with SteadyLoad(stack.url, pages=30, sign_ins=2) as load:
            for process in stopped:
                process.pause()
            await eventually(are_left_out)
            await _more(load, 60)
            seen = len(stack.logs("nginx"))
            await _more(load, 60)
            meanwhile = upstreams(stack.logs("nginx")[seen:])
            for process in stopped:
                process.resume()
            await eventually(are_back)
        names = (name for service in SERVICES for name in (service, f"{service}.2"))
        handled = Counter(each for name in names for each in request_ids(stack.logs(name)))
    assert load.tally.failures == {}
    # Not by nginx's log: once too many wait for a frozen replica, its system takes no more connections. Then
    # nginx, which has sent nothing yet, asks the next one.
    assert set(handled.values()) == {1}
    assert len(meanwhile) >= 50
    assert not silent & set(meanwhile)


async def _more(load: SteadyLoad, requests: int) -> None:
    wanted = load.tally.kinds.total() + requests

    async def are_done() -> bool:
        return load.tally.kinds.total() >= wanted

    await eventually(are_done)


def upstreams(log: str) -> list[str]:
    """The replicas that each request was meant for: one, or several with commas between."""
    return [line["upstream"] for line in requests_in(log)]


def request_ids(log: str) -> list[str]:
    """Of what a service has answered, internal calls aside: they belong to a request that has the same id."""
    return [line["request_id"] for line in requests_in(log) if "/internal/" not in line["route"]]


def requests_in(log: str) -> list[dict[str, str]]:
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("event") == "request"]


async def test_with_a_slow_webex_no_replica_leaves() -> None:
    with Stack(auth_services=2, app_services=2, watched=True) as stack:
        sandbox = SandboxControl(stack.sandbox_url)
        for route in (EXCHANGE, PEOPLE_ME):
            await sandbox.fault(route, delay=WEBEX_SECONDS)

        async def sign_in() -> int:
            async with Browser(stack.url, lambda _: stack.url) as browser:
                return (await browser.sign_in()).status

        assert await asyncio.gather(*(sign_in() for _ in range(6))) == [303] * 6
    assert stack.logs("watch") == ""

"""`python -m bench.scale_out`: what changes of the deployment cost the people who use it.

Under steady load: replicas added, taken away, updated one after the other, one killed, Redis failing
over. Every run prints requests, failures by kind, sign-outs, the longest gap, and which replica answered
how many pages.

`python -m bench.scale_out compose` does it to the running project of Docker Compose (COMPOSE_FILE and
COMPOSE_PROJECT_NAME as for docker compose; PORT, SANDBOX_PORT) with deploy/docker-compose.scale.yml.
PAGES (80) and SIGN_INS (2) are the load of a second.
Without an argument it starts processes of its own, where adding means starting again what was stopped.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.request import urlopen

from bench.steady_load import SteadyLoad, Tally
from harness.stack import Stack

# Before a change, and after it.
CALM_SECONDS = 4.0
# What the load asks app_service for.
PAGES = ("/", "/api/me")

Change = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Measured:
    """What became of the load, and how many pages each replica of app_service answered."""

    tally: Tally
    shares: Counter[str]


class Place(Protocol):
    """Where the site runs."""

    url: str

    def changes(self) -> Mapping[str, Change]: ...

    def door_log(self) -> str: ...


class Processes:
    """A stack of this machine's processes."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.url = stack.url

    def changes(self) -> Mapping[str, Change]:
        return {
            "nothing": _nothing,
            "scale down": self._down,
            "scale up": self._up,
            "rolling update": self._roll,
            "replica killed": self._kill,
            "replica frozen": self._freeze,
            "Redis restarted": lambda: self._restart("redis"),
            "nginx reloaded": self._reload,
        }

    def door_log(self) -> str:
        return self._stack.logs("nginx")

    async def _down(self) -> None:
        for name in ("app_service.3", "auth_service.2"):
            await asyncio.to_thread(self._stack.process(name).stop)

    async def _up(self) -> None:
        for name in ("app_service.3", "auth_service.2"):
            await self._start(name)

    async def _roll(self) -> None:
        for name in self._stack.processes:
            if "service" in name:
                await self._restart(name)

    async def _kill(self) -> None:
        await asyncio.to_thread(self._stack.process("app_service.2").kill)
        await asyncio.sleep(CALM_SECONDS)
        await self._start("app_service.2")

    async def _freeze(self) -> None:
        self._stack.process("app_service.2").pause()
        await asyncio.sleep(2 * CALM_SECONDS)
        self._stack.process("app_service.2").resume()

    async def _reload(self) -> None:
        self._stack.process("nginx").reload()

    async def _restart(self, name: str) -> None:
        await asyncio.to_thread(self._stack.process(name).stop)
        await self._start(name)

    async def _start(self, name: str) -> None:
        self._stack.process(name).start()
        await asyncio.to_thread(self._stack.wait_for, name)


class Compose:
    """The running project of Docker Compose."""

    def __init__(self) -> None:
        self.url = f"http://localhost:{os.environ.get('PORT', '8080')}"

    def changes(self) -> Mapping[str, Change]:
        return {
            "nothing": _nothing,
            "scale up": lambda: self._scale(app_service=5, auth_service=3),
            "scale down": lambda: self._scale(app_service=2, auth_service=1),
            "back again": lambda: self._scale(app_service=3, auth_service=2),
            "rolling update": lambda: _run("deploy/rolling-update"),
            "replica killed": self._kill,
            "replica frozen": self._freeze,
            "Redis failover": self._failover,
        }

    def door_log(self) -> str:
        done = _output("docker", "compose", "logs", "--no-log-prefix", "nginx")
        return done.stdout + done.stderr

    async def _scale(self, **replicas: int) -> None:
        options = [f"--scale={name}={number}" for name, number in replicas.items()]
        await _run("docker", "compose", "up", "-d", "--no-recreate", "--wait", *options, *replicas)

    async def _kill(self) -> None:
        found = _output("docker", "compose", "ps", "--quiet", "app_service").stdout.split()
        await _run("docker", "kill", found[0])
        await asyncio.sleep(CALM_SECONDS)
        await _run("docker", "start", found[0])

    async def _freeze(self) -> None:
        found = _output("docker", "compose", "ps", "--quiet", "app_service").stdout.split()
        await _run("docker", "pause", found[0])
        await asyncio.sleep(2 * CALM_SECONDS)
        await _run("docker", "unpause", found[0])

    async def _failover(self) -> None:
        """Kill the master, let a replica take over, and let the old one come back as a replica."""
        ask = ("exec", "-T", "sentinel_2", "redis-cli", "-p", "26379", "sentinel")
        told = _output("docker", "compose", *ask, "get-master-addr-by-name", "sessions")
        master = told.stdout.split()[0]
        container = _output("docker", "compose", "ps", "--quiet", master).stdout.strip()
        await _run("docker", "kill", container)
        await asyncio.sleep(4 * CALM_SECONDS)
        await _run("docker", "start", container)


async def measure(place: Place, name: str, change: Change) -> Measured:
    """Print and return what became of the load while something changed."""
    seen = len(place.door_log())
    pages, sign_ins = (
        float(os.environ.get(*each)) for each in (("PAGES", "80"), ("SIGN_INS", "2"))
    )
    async with SteadyLoad(place.url, pages=pages, sign_ins=sign_ins) as load:
        await asyncio.sleep(CALM_SECONDS)
        await change()
        await asyncio.sleep(CALM_SECONDS)
    lines = _lines(place.door_log()[seen:])
    retried = sum(len(tried(line["upstream"])) > 1 for line in lines)
    answered = [tried(line["upstream"])[-1] for line in lines if line["path"] in PAGES]
    shares = Counter(filter(None, answered))
    print(f"{name}: {load.tally}, {retried} tried twice", flush=True)
    print(f"    pages by replica: {', '.join(map(str, shares.values()))}", flush=True)
    return Measured(load.tally, shares)


def tried(upstream: str) -> list[str]:
    """Who was asked, the last one answered; behind a colon nginx has looked the name up again."""
    return re.split(" : |, ", upstream)


def _lines(log: str) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    return [line for line in lines if line["event"] == "request"]


async def _nothing() -> None:
    """Only the calm before and after."""


async def _run(*command: str) -> None:
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}:\n{done.stderr}")


def _output(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603


async def main(wanted: list[str]) -> None:
    if wanted[:1] == ["compose"]:
        await _all(_running(Compose()), wanted[1:])
        return
    with Stack(
        auth_services=2,
        app_services=3,
        watched=True,
        SIGN_IN_RATE="1000r/s",
        SIGN_IN_BURST="1000",
        CONNECTIONS_PER_ADDRESS="60000",
    ) as stack:
        await _all(Processes(stack), wanted)


def _running(project: "Compose") -> "Compose":
    """The project, or the end of the program if nobody answers for it."""
    try:
        with urlopen(project.url, timeout=10):  # noqa: S310 - an address of ours
            return project
    except OSError:
        sys.exit(f"Nothing answers at {project.url}. Start the project first: docs/scale-out.md.")


async def _all(place: Place, only: list[str]) -> None:
    changes = place.changes()
    if unknown := [name for name in only if name not in changes]:
        sys.exit(f"No such change: {', '.join(unknown)}. There are: {', '.join(changes)}.")
    for name, change in changes.items():
        if not only or name in only:
            await measure(place, name, change)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))

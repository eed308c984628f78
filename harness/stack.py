"""The whole site as `make run` starts it: real nginx, real Redis, every service a process of its own.

    with Stack(app_services=2, SIGN_IN_RATE="1r/s") as stack:
        stack.url, stack.sandbox_url
        stack.process("app_service.2").pause()
        stack.logs("nginx")

Everything listens on free ports of 127.0.0.1 and has ended when the block is left, whatever happened.
"""

import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from harness.held_ports import HeldPorts
from local_stack import programs
from local_stack.child import Child
from local_stack.layout import Layout, uses_real_webex
from local_stack.ports import HOST, Ports
from local_stack.processes import children
from local_stack.readiness import answers, wait_until_ready
from local_stack.rendering import render

# Below the range that systems hand out to outgoing connections.
PORTS = range(20_000, 32_000)
# Nobody waits for a test's open streams.
LAST_WORDS_SECONDS = 3.0
# Nothing else: a developer's own settings do not reach the tests.
KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")


class Process:
    """One process of the stack, which a test may stop, kill, pause and start again."""

    def __init__(self, child: Child, log: Path) -> None:
        self._child = child
        self._log = log
        self.name = child.name

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.running

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._child.start(output)

    def stop(self) -> None:
        """End it as an operator would; it may finish what it is doing."""
        self._child.stop()

    def kill(self) -> None:
        self._child.kill()

    def pause(self) -> None:
        """Let its connections stay open and nothing answer."""
        self._child.pause()

    def resume(self) -> None:
        self._child.resume()

    def restart(self) -> None:
        self.stop()
        self.start()

    def reload(self) -> None:
        """What nginx does on SIGHUP: new workers, while the old ones finish."""
        os.kill(self.pid, signal.SIGHUP)

    def children(self) -> list[int]:
        """The ids of the processes that it started (on Linux)."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii")
        return [int(each) for each in listed.split()]

    def ask_to_end(self) -> None:
        """Ask in whatever state a test left it."""
        if self._child.running:
            self.resume()
            self._child.ask_to_end()

    def end(self) -> None:
        self._child.wait(LAST_WORDS_SECONDS)
        self._child.kill()


class Stack:
    """A running stack. Keyword arguments in capitals are settings.

    `watched` has nginx/watch look after the replicas, as in the containers. On a machine that tests keep
    busy it may find a replica frozen that only waits its turn.
    With `only`, the others get ports but are not started: a test may listen there in their place.
    With `python`, the services run by another one than ours, whose packages are for development too.
    """

    def __init__(
        self,
        *,
        auth_services: int = 1,
        app_services: int = 1,
        watched: bool = False,
        only: Collection[str] | None = None,
        python: Path = Path(sys.executable),
        **settings: str,
    ) -> None:
        # Not pytest's tmp_path: one stack serves many tests.
        self.folder = Path(tempfile.mkdtemp(prefix="stack-"))
        self._held = HeldPorts()
        free = _free_ports(self._held)
        self.ports = Ports(
            nginx=(next(free),),
            auth_service=tuple(next(free) for _ in range(auth_services)),
            app_service=tuple(next(free) for _ in range(app_services)),
            redis=(next(free),),
            webex_sandbox=() if uses_real_webex(settings) else (next(free),),
        )
        self.settings: Mapping[str, str] = {
            **{name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
            **settings,
        }
        self._layout = Layout(
            folder=self.folder,
            ports=self.ports,
            settings=self.settings,
            programs=programs.provide(("redis", "nginx")),
            python=python,
        )
        self._processes = {
            child.name: Process(child, self.folder / f"{child.name}.log")
            for child in children(self._layout)
            if (only is None or child.name in only) and (watched or child.name != "watch")
        }

    def __enter__(self) -> Self:
        try:
            render(self._layout)
            for process in self._processes.values():
                process.start()
            self.wait_until_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        return self._layout.public_url

    @property
    def sandbox_url(self) -> str:
        return self._layout.sandbox_url

    @property
    def redis(self) -> str:
        """The address of Redis for a user who may do everything: to look at what the services left."""
        return self.redis_as("admin")

    def redis_as(self, user: str) -> str:
        """The address of Redis for admin, auth_service or app_service."""
        password = self.secret(f"{user.removesuffix('_service')}_redis_password")
        return self.redis_address.replace("//", f"//{user}:{quote(password)}@")

    @property
    def redis_address(self) -> str:
        """The same without a user, whom Redis does not let in."""
        return f"redis://{HOST}:{self.ports.redis[0]}/0"

    def secret(self, name: str) -> str:
        """A secret that the stack made for itself: session_keys, auth_redis_password and the like."""
        return self._layout.secret(name).read_text(encoding="ascii")

    def process(self, name: str) -> Process:
        """redis, webex_sandbox, auth_service, auth_service.2, app_service, app_service.2, nginx."""
        return self._processes[name]

    @property
    def processes(self) -> Mapping[str, Process]:
        return self._processes

    def logs(self, name: str | None = None) -> str:
        """What a process wrote so far to standard output and standard error; or all of them."""
        names = [name] if name else list(self._processes)
        files = [self.folder / f"{each}.log" for each in names]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def service_url(self, name: str, number: int = 1) -> str:
        """The address of one replica, past nginx."""
        return f"http://{HOST}:{self.ports.of(name)[number - 1]}"

    def wait_until_ready(self) -> None:
        """Wait until every service reaches Redis and nginx reaches a service; AssertionError if not."""
        late = wait_until_ready(self.ports, self._processes, give_up=self._somebody_ended)
        assert late is None, f"{late} did not start:\n{self.logs()}"

    def wait_for(self, name: str) -> None:
        """Wait until one process is ready that was started again."""
        late = wait_until_ready(self.ports, [name])
        assert late is None, f"{late} did not start:\n{self.logs(name)}"

    def _somebody_ended(self) -> bool:
        return not all(process.running for process in self._processes.values())

    def answers(self, path: str) -> bool:
        """Whether a GET through nginx is answered with 200."""
        return answers(self.ports.door, path)

    def close(self) -> None:
        for process in reversed(self._processes.values()):
            process.ask_to_end()
        for process in self._processes.values():
            process.end()
        self._held.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _free_ports(held: HeldPorts) -> Iterator[int]:
    yield from (port for port in random.sample(PORTS, len(PORTS)) if held.take(port))


def free_ports_in_a_row(count: int) -> list[int]:
    """Return ports that follow each other, that nobody listens on and no stack has for itself."""
    held = HeldPorts()
    try:
        rows = ([first + n for n in range(count)] for first in _free_ports(held))
        return next(row for row in rows if all(map(held.take, row[1:])))
    finally:
        held.close()

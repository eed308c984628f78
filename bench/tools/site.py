"""Every contender of one benchmark: our stack, its peers, one Redis, and one stand-in of Webex."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import redis
from bench.peers.kinds import HERE, Kind, Start
from bench.tools import installed
from bench.tools.process import CONTENDER_CORE, OTHERS_CORE, pin
from bench.tools.sign_ins import Door
from harness.stack import Stack, free_ports_in_a_row
from local_stack.child import Child
from local_stack.readiness import LONGEST_START_SECONDS, answers

CLIENT_ID = "insecure-sandbox-integration"
CLIENT_SECRET = "insecure-sandbox-secret"  # noqa: S105


@dataclass
class Contender:
    """One site under test, running."""

    name: str
    label: str
    door: Door
    pages: tuple[int, ...]
    """The process sessions that answer pages; see bench.tools.process."""
    sign_ins: tuple[int, ...]
    """Those that sign people in."""
    kind: Kind | None = None
    cookies: list[str] = field(default_factory=list, repr=False)
    """A Cookie header for each session; a floor has an empty one."""


class Running:
    """Child processes with a log each; all ended at the end, whatever happened."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench-"))
        # Apache's children, which are not root, look for pages here.
        self.folder.chmod(0o755)
        self._children: dict[str, Child] = {}

    def start(self, child: Child) -> int:
        """Start it and return its session."""
        with (self.folder / f"{child.name}.log").open("ab") as log:
            process = child.start(log)
        self._children[child.name] = child
        return process.pid

    def child(self, name: str) -> Child:
        return self._children[name]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def wait_for(self, name: str, port: int, path: str) -> None:
        """Raise NotStarted, with the end of its log, if it does not answer."""
        child, deadline = self._children[name], time.monotonic() + LONGEST_START_SECONDS
        while not answers(port, path):
            if not child.running or time.monotonic() > deadline:
                lines = self.log(name).strip().splitlines()
                raise NotStarted(f"{name} does not start: {lines[-1] if lines else 'no word'}")
            time.sleep(0.005)

    def close(self) -> None:
        for child in self._children.values():
            child.ask_to_end()
        for child in self._children.values():
            child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class NotStarted(Exception):
    """A peer cannot be measured; the text says why."""


class Bench:
    """What all runs share. Use as a context manager."""

    def __init__(self, *, auth_services: int = 1, app_services: int = 1) -> None:
        self.running = Running()
        self.webex_port = free_ports_in_a_row(1)[0]
        self.stack = Stack(
            python=installed.services_python(),
            auth_services=auth_services,
            app_services=app_services,
            CLIENT_ID=CLIENT_ID,
            CLIENT_SECRET=CLIENT_SECRET,
            WEBEX_API_URL=f"{self.webex_origin}/v1",
            WEBEX_REVOKE_URL=f"{self.webex_origin}/idb/oauth2/v1/revoke",
            SIGN_IN_RATE="100000r/s",
            SIGN_IN_BURST="100000",
            CONNECTIONS_PER_ADDRESS="60000",
        )
        self.not_measured: dict[str, str] = {}

    @property
    def webex_origin(self) -> str:
        return f"http://127.0.0.1:{self.webex_port}"

    @property
    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self.stack.redis)

    def __enter__(self) -> Self:
        try:
            command = f"exec {sys.executable} -m bench.webex_stand_in {self.webex_port}"
            self.running.start(Child("webex_stand_in", command, environment()))
            self.running.wait_for("webex_stand_in", self.webex_port, "/healthz")
            self.stack.__enter__()
            # Peers come without Redis users of their own; no user here has rights over theirs.
            self.redis.execute_command(
                "ACL", "SETUSER", "default", "on", "nopass", "~*", "&*", "+@all"
            )  # type: ignore[no-untyped-call]
        except BaseException:
            self.running.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.running.close()
        self.stack.close()

    def ours(self) -> list[Contender]:
        """Our services past nginx, and through it; nginx itself stays on the others' core."""
        app, auth = self.stack.process("app_service").pid, self.stack.process("auth_service").pid
        for session in (app, auth):
            pin(session, CONTENDER_CORE)
        pin(self.stack.process("nginx").pid, OTHERS_CORE)
        alone = Door(
            self.stack.ports.auth_service[0], self.stack.ports.app_service[0], self.webex_port
        )
        through = Door(self.stack.ports.door, self.stack.ports.door, self.webex_port)
        return [
            Contender("ours", "this system, service alone", alone, (app,), (auth,)),
            Contender("ours-nginx", "this system, through nginx", through, (app,), (auth,)),
        ]

    def peers(self, kinds: Sequence[Kind]) -> Iterator[Contender]:
        """Start each kind; what does not start is noted in not_measured."""
        for kind in kinds:
            try:
                yield self.peer(kind)
            except NotStarted as reason:
                self.not_measured[kind.label] = str(reason)
                print(f"  not measured: {reason}", flush=True)

    def peer(self, kind: Kind) -> Contender:
        port = free_ports_in_a_row(1)[0]
        session = self.start_replica(kind, kind.name, port, door_port=port)
        door = Door(
            port, port, self.webex_port, kind.login, kind.signed_in_page, kind.anonymous_page
        )
        return Contender(kind.name, kind.label, door, (session,), (session,), kind)

    def start_replica(  # noqa: PLR0913 - a replica is all of that
        self,
        kind: Kind,
        name: str,
        port: int,
        *,
        door_port: int,
        webex_url: str = "",
        client_id: str = CLIENT_ID,
    ) -> int:
        """Start one process of a peer; return its session. Raises NotStarted."""
        if problem := installed.problem(kind):
            raise NotStarted(problem)
        start = Start(
            port=port,
            redis_port=self.stack.ports.redis[0],
            webex_url=webex_url or f"{self.webex_origin}/v1",
            redirect_uri=f"http://localhost:{door_port}/oauth",
            folder=self.running.folder / name,
        )
        command = f"cd {HERE} && {kind.command}"
        session = self.running.start(
            Child(name, command, environment(**start.environment, CLIENT_ID=client_id))
        )
        self.running.wait_for(name, port, kind.anonymous_page)
        pin(session, CONTENDER_CORE)
        return session


def environment(**more: str) -> dict[str, str]:
    """What a process of the benchmark gets; nothing of a developer's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    path = os.pathsep.join((kept.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
    return {**kept, "PATH": path, "CLIENT_SECRET": CLIENT_SECRET, **more}

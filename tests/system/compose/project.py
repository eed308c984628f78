"""The containers of the compose files, as an operator starts and looks at them."""

import json
import os
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from harness.stack import KEPT_VARIABLES
from local_stack.layout import REPOSITORY

LONGEST_SECONDS = 600
PRODUCTION = ("--file", "docker-compose.yml")
DOCKER_VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")


def has_engine() -> bool:
    try:
        command = ["docker", "version", "--format", "{{.Server.Version}}"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


class Project:
    """One compose project. `files` are options that name other files than the default ones."""

    def __init__(self, files: Sequence[str] = (), **settings: str) -> None:
        self._files = files
        kept = (*KEPT_VARIABLES, *DOCKER_VARIABLES)
        self._environment = {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "COMPOSE_PROJECT_NAME": f"pair-test-{uuid.uuid4().hex[:8]}",
            **settings,
        }
        self.url = f"http://localhost:{settings.get('PORT', '8080')}"

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `docker compose`, whatever comes of it."""
        return subprocess.run(
            # Without a .env: a developer's own settings do not reach the tests.
            ["docker", "compose", "--env-file", os.devnull, *self._files, *arguments],
            cwd=REPOSITORY,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )

    def up(self, *options: str) -> None:
        """Start it, and wait until every container is healthy."""
        answer = self.compose("up", "--detach", "--wait", *options)
        assert answer.returncode == 0, f"{answer.stdout}\n{self.logs()}"

    def logs(self, *services: str) -> str:
        return self.compose("logs", "--no-color", *services).stdout

    def containers(self, *services: str) -> list[dict[str, Any]]:
        """What the engine says of each container, ended ones included."""
        ids = self.compose("ps", "--all", "--quiet", *services).stdout.split()
        shown = subprocess.run(["docker", "inspect", *ids], capture_output=True, check=True)
        inspected: list[dict[str, Any]] = json.loads(shown.stdout)
        return inspected

    def run_in(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        return self.compose("exec", "--no-TTY", service, *command)


@contextmanager
def project(files: Sequence[str] = (), **settings: str) -> Iterator[Project]:
    """A project that is gone with its volumes and its images when the block is left."""
    running = Project(files, **settings)
    try:
        yield running
    finally:
        running.compose("down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "5")


def service_of(container: dict[str, Any]) -> str:
    name: str = container["Config"]["Labels"]["com.docker.compose.service"]
    return name

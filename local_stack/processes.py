"""The processes of one stack: the Procfile's lines, each with its environment, services repeated."""

import re
from collections.abc import Iterator

from local_stack.child import Child
from local_stack.environment import environment
from local_stack.layout import REPOSITORY, Layout
from local_stack.ports import Ports

PROCFILE = REPOSITORY / "Procfile"
# As foreman and its kin read it: one process a line.
LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(.+)$", re.MULTILINE)


def children(layout: Layout) -> list[Child]:
    """Return them in the order in which to start them."""
    return [
        Child(name, command, environment(layout, process, port))
        for process, command in commands().items()
        for name, port in named(layout.ports, process)
    ]


def commands() -> dict[str, str]:
    """Return what the Procfile starts, by name and in its order."""
    return dict(LINE.findall(PROCFILE.read_text(encoding="utf-8")))


def named(ports: Ports, process: str) -> Iterator[tuple[str, int]]:
    """Name the replicas of a process: auth_service, auth_service.2, and so on."""
    for number, port in enumerate(ports.of(process), start=1):
        yield process if number == 1 else f"{process}.{number}", port

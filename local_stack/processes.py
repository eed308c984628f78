"""The processes of one stack: the Procfile's lines, each with its environment, services repeated."""

from collections.abc import Iterator

from local_stack import procfile
from local_stack.child import Child
from local_stack.environment import environment
from local_stack.layout import REPOSITORY, Layout
from local_stack.ports import Ports


def children(layout: Layout) -> list[Child]:
    """Return them in the order in which to start them."""
    return [
        Child(name, command, environment(layout, process, port))
        for process, command in procfile.read(REPOSITORY / "Procfile").items()
        for name, port in named(layout.ports, process)
    ]


def named(ports: Ports, process: str) -> Iterator[tuple[str, int]]:
    """Name the replicas of a process: auth_service, auth_service.2, and so on."""
    for number, port in enumerate(ports.of(process), start=1):
        yield process if number == 1 else f"{process}.{number}", port

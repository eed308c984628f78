"""The ports of the local stack, all on 127.0.0.1."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

HOST = "127.0.0.1"
HIGHEST_PORT = 65535
SANDBOX_TRIES = 100
TAKEN = "is taken by another program"
TAKEN_FOR_BROWSERS = f"{TAKEN} on [::1], where browsers look first for localhost"


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The ports of each process by its name in the Procfile; the services may run more than once.

    Without a sandbox `webex_sandbox` is empty.
    """

    nginx: tuple[int]
    auth_service: tuple[int, ...]
    app_service: tuple[int, ...]
    redis: tuple[int]
    webex_sandbox: tuple[int, ...]

    @classmethod
    def next_to(cls, door: int, *, sandbox: int | None) -> "Ports":
        """The services and Redis on the three ports after the door's."""
        return cls(
            nginx=(door,),
            auth_service=(door + 1,),
            app_service=(door + 2,),
            redis=(door + 3,),
            webex_sandbox=() if sandbox is None else (sandbox,),
        )

    @property
    def door(self) -> int:
        return self.nginx[0]

    @property
    def watch(self) -> tuple[int, ...]:
        """Not a port to listen on. Where there is one of each service, nobody can be left out."""
        several = len(self.auth_service) > 1 or len(self.app_service) > 1
        return self.nginx if several else ()

    def of(self, process: str) -> tuple[int, ...]:
        """The ports of a process, by its name in the Procfile."""
        ports: tuple[int, ...] = getattr(self, process)
        return ports

    def named(self) -> Iterator[tuple[str, int]]:
        """Each port with the name that an error message gives it."""
        yield "nginx (PORT)", self.door
        yield from (("auth_service (PORT + 1)", port) for port in self.auth_service)
        yield from (("app_service (PORT + 2)", port) for port in self.app_service)
        yield "Redis (PORT + 3)", self.redis[0]
        yield from (("the sandbox (SANDBOX_PORT)", port) for port in self.webex_sandbox)


def for_the_sandbox(door: int, first: int) -> int:
    """Return the first port from this one on that is free and not one of the door's row.

    It is `first` itself if there is none; problems() then says so.
    """
    row = {port for _, port in Ports.next_to(door, sandbox=None).named()}
    candidates = range(first, min(first + SANDBOX_TRIES, HIGHEST_PORT + 1))
    return next(
        (port for port in candidates if port not in row and _is_free_for_browsers(port)), first
    )


def problems(ports: Ports) -> list[str]:
    """Return one sentence for each port that cannot be used."""
    found = []
    seen: dict[int, str] = {}
    for name, port in ports.named():
        if not 0 < port <= HIGHEST_PORT:
            found.append(f"Port {port} of {name} does not exist.")
        elif port in seen:
            found.append(f"Port {port} is wanted by both {seen[port]} and {name}.")
        elif obstacle := _obstacle(port) or _obstacle_for_browsers(ports, port):
            found.append(f"Port {port} of {name} {obstacle}.")
        seen[port] = name
    return found


def is_free(port: int) -> bool:
    return _obstacle(port) is None


def _obstacle(port: int) -> str | None:
    """Why nobody can listen there now, as the end of a sentence."""
    with socket.socket() as one:
        # A port that a process has just left is free again.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((HOST, port))
        except PermissionError:
            return "is for root only"
        except OSError:
            return TAKEN
    return TAKEN if _answers(socket.AF_INET, HOST, port) else None


def _obstacle_for_browsers(ports: Ports, port: int) -> str | None:
    """Whoever listens on [::1] would be taken for this site, although 127.0.0.1 is free."""
    if port != ports.door and port not in ports.webex_sandbox:
        return None
    return TAKEN_FOR_BROWSERS if _answers(socket.AF_INET6, "::1", port) else None


def _is_free_for_browsers(port: int) -> bool:
    return is_free(port) and not _answers(socket.AF_INET6, "::1", port)


def _answers(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with socket.socket(family) as client:
            return client.connect_ex((host, port)) == 0
    except OSError:  # a machine without IPv6
        return False

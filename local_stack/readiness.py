"""Knowing when processes are ready: each service reaches Redis, and nginx lets a page through."""

import http.client
import socket
import time
from collections.abc import Callable, Collection, Iterator
from functools import partial

from local_stack.ports import HOST, Ports
from local_stack.processes import named

LONGEST_START_SECONDS = 60.0
ASK_AGAIN_SECONDS = 0.05
ANSWER_SECONDS = 2.0

Question = Callable[[], bool]


def wait_until_ready(
    ports: Ports, names: Collection[str], *, give_up: Callable[[], bool] = lambda: False
) -> str | None:
    """Return None when the named processes are ready, or the name of one that is not after a minute."""
    deadline = time.monotonic() + LONGEST_START_SECONDS
    for name, is_ready in _questions(ports, names):
        while not is_ready():
            if time.monotonic() > deadline or give_up():
                return name
            time.sleep(ASK_AGAIN_SECONDS)
    return None


def _questions(ports: Ports, names: Collection[str]) -> Iterator[tuple[str, Question]]:
    """The door last: by then nobody has to be told that the service behind it is down."""
    if "redis" in names:
        yield "redis", partial(redis_answers, ports.redis[0])
    for process, path in (
        ("webex_sandbox", "/healthz"),
        ("auth_service", "/readyz"),
        ("app_service", "/readyz"),
        ("nginx", "/" if "app_service" in names else "/healthz"),
    ):
        for name, port in named(ports, process):
            if name in names:
                yield name, partial(answers, port, path)


def answers(port: int, path: str) -> bool:
    """Whether a GET there is answered with 200."""
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def redis_answers(port: int) -> bool:
    """Whether Redis is there and asks for a password; that it has read its data, /readyz tells."""
    try:
        with socket.create_connection((HOST, port), ANSWER_SECONDS) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"-NOAUTH")
    except OSError:
        return False

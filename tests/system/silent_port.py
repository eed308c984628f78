"""A port that answers nothing at all, like the address of a container that is gone."""

import socket
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from local_stack.ports import HOST

ESTABLISHED = 1
SYN_SENT = "02"


class SilentPort:
    """Listens on a port of 127.0.0.1 with a full queue, so that the kernel drops whoever knocks."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open = ExitStack()

    def __enter__(self) -> Self:
        listener = self._open.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, self._port))
        listener.listen(0)
        while self._queue_has_room():
            pass
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    async def is_knocked_at(self) -> bool:
        """Whether somebody waits for a connection at this moment."""
        target = f":{self._port:04X}"
        return any(to.endswith(target) and state == SYN_SENT for to, state in _sockets())

    def _queue_has_room(self) -> bool:
        """Put one more connection into the queue. (On loopback it is made before connect returns.)"""
        client = socket.socket()
        client.settimeout(0)
        client.connect_ex((HOST, self._port))
        if client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO) == ESTABLISHED:
            self._open.push(client)
            return True
        client.close()
        return False


def _sockets() -> list[tuple[str, str]]:
    """Remote address and state of every TCP socket of this machine, as /proc/net/tcp writes them."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return [(to, state) for _, _, to, state, *_ in (line.split() for line in lines)]

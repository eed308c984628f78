"""Ports that no other stack takes, in whichever process, also while nothing listens there.

A test may put a service of its own behind nginx, or nobody: then another stack's service would answer. A port
is held by a UDP socket of the same number, which nobody else here uses, and which ends with its process.
"""

import socket
from contextlib import ExitStack

from local_stack.ports import HOST, is_free


class HeldPorts:
    def __init__(self) -> None:
        self._open = ExitStack()

    def take(self, port: int) -> bool:
        """Hold the port from now on; False if somebody else does, or listens there."""
        holder = socket.socket(type=socket.SOCK_DGRAM)
        try:
            holder.bind((HOST, port))
        except OSError:
            holder.close()
            return False
        self._open.enter_context(holder)
        return is_free(port)

    def close(self) -> None:
        self._open.close()

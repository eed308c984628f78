"""A connection to the Redis that is played, for what goes past redis-py's pool (common.store.own_connection).

In the place of redis-py's: it opens or fails as the network has it, and its transport takes commands as they
travel and gives back their answers in the same order (Redis documentation, "RESP protocol").
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import hiredis
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.simulation.redis_stand_in import Answer

if TYPE_CHECKING:
    from tests.simulation.network import Network, Place


class PlayedConnection:
    """What the reader takes of redis-py's: its reader, its writer and its transport are this one."""

    def __init__(self, network: "Network", place: "Place") -> None:
        self._network = network
        self._place = place
        self._reader = self._writer = self.transport = self
        self._commands = hiredis.Reader()
        self._under_way: deque[asyncio.Future[list[Answer]]] = deque()
        self._protocol: asyncio.Protocol | None = None
        self._closing = False

    async def connect(self) -> None:
        await asyncio.sleep(self._network.latency())
        if self._place.dead:
            raise asyncio.CancelledError
        if not self._network.reaches(self._place):
            raise RedisConnectionError("refused")

    def at_eof(self) -> bool:
        return self._closing

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        self._protocol = protocol

    def is_closing(self) -> bool:
        return self._closing

    def write(self, data: bytes) -> None:
        self._commands.feed(data)
        commands = []
        while command := self._commands.gets():
            name, *arguments = command
            commands.append((name.decode(), *arguments))
        # From a process that was killed nothing goes out any more.
        if commands and not self._place.dead:
            answer = self._network.send(self._place, commands)
            self._under_way.append(answer)
            answer.add_done_callback(self._hand_on)

    def abort(self) -> None:
        if not self._closing:
            self._closing = True
            assert self._protocol is not None
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def _hand_on(self, _: object) -> None:
        """Give back what has come, as far as nothing before it is missing."""
        while self._under_way and self._under_way[0].done():
            answer = self._under_way.popleft()
            if answer.exception() is not None:
                self.abort()
            elif not self._closing and not self._place.dead:
                assert self._protocol is not None
                self._protocol.data_received(b"".join(map(_as_it_travels, answer.result())))

    def _close(self) -> None:
        """What redis-py does has no counterpart."""


def _as_it_travels(answer: Answer) -> bytes:
    match answer:
        case None:
            return b"$-1\r\n"
        case Exception():
            return b"-%s\r\n" % str(answer).encode()
        case int():
            return b":%d\r\n" % answer
        case str():
            return b"+%s\r\n" % answer.encode()
        case bytes():
            return b"$%d\r\n%s\r\n" % (len(answer), answer)
    values: list[Answer] = answer
    return b"*%d\r\n%s" % (len(values), b"".join(map(_as_it_travels, values)))

"""A bad line to Redis: answers that come late, in pieces, or not at all because the line was cut."""

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
CHUNK = 65_536


@dataclass(frozen=True)
class BadLine:
    """How bad it is. Shares are of Redis' answers; delays in seconds.

    A hanging answer comes after every deadline: its connection must not be used for anybody else.
    """

    late: float = 0.2
    most_delay: float = 0.05
    hangs: float = 0.002
    hang_delay: float = 1.0
    in_pieces: float = 0.1
    cut: float = 0.005


class Share:
    """Says yes once in every so many times, at a seeded place among them: by no luck not at all."""

    def __init__(self, share: float, chance: random.Random) -> None:
        self._once_in = round(1 / share)
        self._chance = chance
        self._left: list[bool] = []

    def next(self) -> bool:
        if not self._left:
            self._left = [False] * self._once_in
            self._left[self._chance.randrange(self._once_in)] = True
        return self._left.pop()


class RedisProxy:
    """Forwards to a server's unix socket, and breaks things at seeded places."""

    def __init__(self, socket_path: str, line: BadLine, *, seed: int) -> None:
        self._path = socket_path
        self._line = line
        self._random = random.Random(seed)
        self._shares = {
            "cut": Share(line.cut, self._random),
            "in pieces": Share(line.in_pieces, self._random),
            "hang": Share(line.hangs, self._random),
            "late": Share(line.late, self._random),
        }
        self._running: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self.faults: Counter[str] = Counter(dict.fromkeys(self._shares, 0))

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        # Not cancelled: asyncio reports a server's callback that ends so as an error.
        self._closing.set()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            from_redis, to_redis = await asyncio.open_unix_connection(self._path)
            ways = (
                self._questions(reader, to_redis),
                self._answers(from_redis, writer),
                self._closing.wait(),
            )
            tasks = [asyncio.create_task(way) for way in ways]
            try:
                # Whichever side ends, the other one goes with it.
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in tasks:
                    each.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                to_redis.transport.abort()
        finally:
            writer.transport.abort()
            self._running.discard(task)

    async def _questions(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                writer.write(data)
                await writer.drain()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if self._happens("cut"):
                    writer.write(data[: self._random.randrange(len(data))])
                    return
                await self._be_late()
                if self._happens("in pieces"):
                    middle = self._random.randrange(len(data))
                    writer.write(data[:middle])
                    await self._be_late()
                    data = data[middle:]
                writer.write(data)
                await writer.drain()

    async def _be_late(self) -> None:
        if self._happens("hang"):
            await asyncio.sleep(self._line.hang_delay)
        elif self._happens("late"):
            await asyncio.sleep(self._random.uniform(0, self._line.most_delay))

    def _happens(self, what: str) -> bool:
        happens = self._shares[what].next()
        self.faults[what] += happens
        return happens

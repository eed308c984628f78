"""`python -m bench.sign_in_cost`: what a whole sign-in costs in CPU, and in which part of the code.

Like bench.page_cost, it has no sockets: login and callback arrive in memory, Redis takes everything, and
Webex answers at once. Two aiohttp hellos, as many requests as a sign-in has, run beside it.
"""

import asyncio
import logging
import os
import re
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import uvloop
from redis.asyncio import Redis

from auth_service.app import create_app
from auth_service.settings import Settings
from bench.page_cost import (
    CONNECTIONS,
    ENVIRONMENT,
    REPEATS,
    ROUNDS,
    TOKEN_CHARACTERS,
    WARM_UP,
    Contender,
    Wire,
    hello_contender,
    profiled,
    show_profile,
)
from common.redis_access import RedisAccess
from common.redis_connection import Command
from common.serve import runner
from common.webex_http import WebexAnswer, WebexHttp

STATE = re.compile(rb"[?&]state=([^&\r]+)")
SIGN_IN_COOKIE = re.compile(rb"Set-Cookie: (signin-[^;]+);")
TOKENS = {
    "access_token": "insecure-token".ljust(TOKEN_CHARACTERS, "-"),
    "expires_in": 1209599,
    "refresh_token": "insecure-token".ljust(TOKEN_CHARACTERS, "-"),
    "refresh_token_expires_in": 7775999,
    "scope": "spark:people_read spark:rooms_read",
}
PERSON = {"id": "p", "displayName": "Ada Lovelace"}


class Commands:
    """A client whose commands succeed: a place in a list is always the first."""

    def set(self, *_: object, **__: object) -> None:
        return None

    def eval(self, *_: object) -> int:
        return 1


class TakesEverything(RedisAccess):
    """Runs what is sent together, one event-loop turn later."""

    def __init__(self) -> None:
        super().__init__(Redis())
        self._client: Any = Commands()

    async def _run_together(self, commands: Sequence[Command]) -> Sequence[Any]:
        await asyncio.sleep(0)
        return [command(self._client) for command in commands]


class SignIns:
    """Browsers that all sign in at once, again and again."""

    def __init__(self, connections: Sequence[tuple[asyncio.Protocol, Wire]]) -> None:
        self.name = "sign-in"
        self.samples: list[float] = []
        self._connections = connections

    async def round(self) -> None:
        for protocol, wire in self._connections:
            ask(protocol, wire, b"/login", b"")
        await self._answers()
        for protocol, wire in self._connections:
            state, cookie = _found(STATE, wire), _found(SIGN_IN_COOKIE, wire)
            ask(protocol, wire, b"/oauth?code=code&state=" + state, cookie)
        await self._answers()
        if any(b"Set-Cookie: session=" not in wire.said for _, wire in self._connections):
            raise SystemExit("A sign-in failed: this measures nothing.")

    async def measure(self) -> None:
        began = time.process_time()
        for _ in range(ROUNDS):
            await self.round()
        number = ROUNDS * len(self._connections)
        self.samples.append((time.process_time() - began) / number * 1e6)

    async def _answers(self) -> None:
        await asyncio.gather(*(wire.answered for _, wire in self._connections))
        await asyncio.sleep(0)


def ask(protocol: asyncio.Protocol, wire: Wire, target: bytes, cookie: bytes) -> None:
    wire.answered = asyncio.get_running_loop().create_future()
    head = b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: " + b"a1" * 16
    protocol.data_received(head + b"\r\nCookie: " + cookie + b"\r\n\r\n")


def _found(pattern: re.Pattern[bytes], wire: Wire) -> bytes:
    found = pattern.search(wire.said)
    if found is None:
        raise SystemExit("The login was not answered as expected: this measures nothing.")
    return bytes(found[1])


async def _answer(_: WebexHttp, __: str, url: str, **___: object) -> WebexAnswer:
    """Webex, as fast as can be."""
    await asyncio.sleep(0)
    return WebexAnswer(200, {}, TOKENS if url.endswith("access_token") else PERSON)


async def _ours() -> SignIns:
    with patch("auth_service.app.open_redis", lambda _: TakesEverything()):
        served = runner(create_app(Settings.read(ENVIRONMENT)))
    await served.setup()
    assert served.server is not None
    connections = []
    for _ in range(CONNECTIONS):
        protocol, wire = served.server(), Wire()
        protocol.connection_made(wire)
        connections.append((protocol, wire))
    return SignIns(connections)


async def _measure(ours: SignIns, floor: Contender) -> None:
    for contender in (ours, floor):
        for _ in range(WARM_UP):
            await contender.round()
    for _ in range(REPEATS):
        await floor.measure()
        await ours.measure()


async def main() -> None:
    logging.getLogger().setLevel(logging.INFO)
    with patch.object(WebexHttp, "_answer", _answer):
        ours, floor = await _ours(), await hello_contender()
        await _measure(ours, floor)
        hellos = [2 * sample for sample in floor.samples]
        print(f"{'':28} µs of CPU, median of {REPEATS} (least to most)")
        for name, values in (("two aiohttp hellos", hellos), ("sign-in", ours.samples)):
            spread = f"({min(values):.1f} to {max(values):.1f})"
            print(f"{name:28} {statistics.median(values):6.1f} {spread}")
        pairs = [own / least for own, least in zip(ours.samples, hellos, strict=True)]
        print(f"{'together':28} {statistics.median(pairs):6.2f} times two aiohttp hellos")
        show_profile("a sign-in", await profiled(ours.round))


if __name__ == "__main__":
    # Log lines are made and written, as in production, but not shown.
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8", buffering=1)  # noqa: SIM115
    uvloop.run(main())

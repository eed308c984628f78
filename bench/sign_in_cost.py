"""`python -m bench.sign_in_cost`: what a whole sign-in costs in CPU, and in which part of the code.

Like bench.page_cost, it has no sockets: login and callback arrive in memory, Redis takes everything, and
Webex answers at once. The landing, a request of its own, is left out. Two aiohttp hellos, as many requests
as are left, run beside it.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

from aiohttp import web
from redis.asyncio import Redis

from auth_service.app import create_app
from auth_service.settings import Settings
from auth_service.sign_in import unconfirmed
from bench.tools.in_memory import ENVIRONMENT, TOKEN_CHARACTERS, Contender, compare, hellos, run
from common.store.access import Command, RedisAccess
from common.store.servers import Single
from common.web.runner import runner
from common.webex.http import WebexAnswer, WebexHttp

STATE = re.compile(rb"[?&]state=([^&\r]+)")
SIGN_IN_COOKIE = re.compile(rb"Set-Cookie: (signin-[^;]+);")
SESSION_COOKIE = re.compile(rb"Set-Cookie: (session-[^;]+);")
TOKENS = {
    "access_token": "insecure-token".ljust(TOKEN_CHARACTERS, "-"),
    "expires_in": 1209599,
    "refresh_token": "insecure-token".ljust(TOKEN_CHARACTERS, "-"),
    "refresh_token_expires_in": 7775999,
    "scope": "spark:people_read spark:rooms_read",
}
PERSON = {"id": "p", "displayName": "Ada Lovelace"}


class Commands:
    """A client whose commands succeed."""

    def execute_command(self, *_: object, **__: object) -> None:
        return None

    def eval(self, *_: object) -> int:
        return 1


class TakesEverything(RedisAccess):
    """Runs what is sent together, and tells the time, one event-loop turn later."""

    def __init__(self) -> None:
        super().__init__(Single(Redis()))
        self._client: Any = Commands()

    async def _run_together(self, batch: Sequence[Sequence[Command]]) -> Sequence[Any]:
        await asyncio.sleep(0)
        return [[command(self._client) for command in commands] for commands in batch]

    async def _read_clock(self, keys: Sequence[str]) -> Sequence[int]:
        await asyncio.sleep(0)
        return [int(time.time() * 1000)] * len(keys)


class SignIns(Contender):
    """Browsers that all sign in at once."""

    def __init__(self, served: web.AppRunner) -> None:
        super().__init__("sign-in", served)

    async def round(self) -> None:
        for connection in self.connections:
            connection.ask(b"/login", b"")
        for connection, said in zip(self.connections, await self.answers(), strict=True):
            callback = b"/oauth?code=code&state=" + _found(STATE, said)
            connection.ask(callback, _found(SIGN_IN_COOKIE, said))
        for said in await self.answers():
            _found(SESSION_COOKIE, said)


def _found(pattern: re.Pattern[bytes], said: bytes) -> bytes:
    found = pattern.search(said)
    if found is None:
        raise SystemExit("A sign-in did not go as it should: this measures nothing.")
    return bytes(found[1])


async def _answer(_: WebexHttp, __: str, url: str, **___: object) -> WebexAnswer:
    """Webex, as fast as can be."""
    await asyncio.sleep(0)
    return WebexAnswer(200, {}, TOKENS if url.endswith("access_token") else PERSON)


async def sign_ins() -> SignIns:
    with patch("auth_service.app.open_redis", lambda *_, **__: TakesEverything()):
        served = runner(create_app(Settings.read(ENVIRONMENT)))
    await served.setup()
    return SignIns(served)


@contextlib.contextmanager
def played_around() -> Iterator[None]:
    """With a Webex that answers at once, and for browsers that go no further: nobody looks after them."""
    waits = patch.object(unconfirmed, "CONFIRM_SECONDS", 86_400)
    with patch.object(WebexHttp, "_answer", _answer), waits:
        yield


async def main() -> None:
    with played_around():
        await compare(await sign_ins(), await hellos(2))


if __name__ == "__main__":
    run(main())

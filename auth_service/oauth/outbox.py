"""The outbox: tokens that Webex is to revoke, kept in Redis until it has said yes.

A letter holds the tokens of one session, or of a sign-in that failed. It is written in the same step that
ends their record, sealed under the server's key, so whoever dies then, some replica finds it. `revoke:due`
says when each letter is to be tried next. A letter is announced there before it is written, because the two
lie on different nodes of a cluster; one that is announced and never comes is forgotten.

Nothing is kept for longer than an hour. Until then a thief of Redis and of a server key could use the tokens:
those alone, and only while Webex cannot be told.
"""

import asyncio
import contextlib
import logging
import math
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from auth_service.oauth.webex import WebexOAuth
from common.background import Background
from common.sessions.keys import REVOKE_DUE, letter_key
from common.sessions.record import Tokens
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.store.access import RedisAccess, StoreUnavailable

log = logging.getLogger(__name__)

PURPOSE = "revocation"
LIFE_MS = 3_600_000
# Who writes a letter tries it first; after this long it is anybody's.
FIRST_MS = 30_000
# Nobody else tries meanwhile; longer than two calls to Webex at once.
CLAIM_MS = 30_000
# A letter that was announced may still be on its way for so long.
ARRIVAL_MS = 120_000
SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS = 10_000, 60_000
LOOK_SECONDS = 10
AT_ONCE = 20
# Whoever signs out waits no longer than this for Webex; seconds.
PATIENCE_SECONDS = 0.8
# While neither Webex nor Redis takes a letter, it is tried from memory; an hour together.
PAUSES = (*(0.5, 1, 2, 4, 8, 16), *[30] * 118)
CLOSE_SECONDS = 10

NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""
# KEYS: what is due; ARGV: the letter, when it is due, its life. A line there has its end, then its name.
ANNOUNCE = f"""
{NOW}
local line = string.format('%.0f ', now + ARGV[3]) .. ARGV[1]
redis.call('ZADD', KEYS[1], now + ARGV[2], line)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return line
"""
# KEYS: the same; ARGV: for how long they are claimed, how many. The time, then the lines that are due.
CLAIM = f"""
{NOW}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
for _, line in ipairs(due) do redis.call('ZADD', KEYS[1], now + ARGV[1], line) end
table.insert(due, 1, string.format('%.0f', now))
return due
"""


@dataclass
class Letter:
    """Tokens of one session; `tokens` has each one's kind (RFC 7009, token_type_hint)."""

    key: str
    seal: Callable[[bytes], bytes] = field(repr=False)
    begun_at: float
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    line: str | None = None
    """How it is announced, once it is."""
    announced_at: float = -math.inf

    def add(self, tokens: Tokens, *, but: Tokens | None = None) -> None:
        """Take them in, except those that are still in use."""
        used = (but.access_token, but.refresh_token) if but else ()
        pairs = (("access_token", tokens.access_token), ("refresh_token", tokens.refresh_token))
        self.tokens |= {token: kind for kind, token in pairs if token and token not in used}

    @property
    def sealed(self) -> bytes:
        """What lies in Redis; nothing if there is nothing to revoke."""
        return self.seal(msgspec.json.encode(self.tokens)) if self.tokens else b""

    @property
    def life_ms(self) -> int:
        """How long it may still lie there."""
        return max(1, LIFE_MS - int(1000 * (time.monotonic() - self.begun_at)))


class Outbox:
    """Letters are begun, written by whoever ends their record, and posted here."""

    def __init__(self, redis: RedisAccess, sealer: Sealer, webex: WebexOAuth) -> None:
        self._redis = redis
        self._sealer = sealer
        self._webex = webex
        self._posting = Background()

    def letter(self, handle: str) -> Letter:
        """Begin one, to lie beside the record of this handle."""
        key = letter_key(handle, secrets.token_hex(16))
        return Letter(
            key,
            lambda plain: self._sealer.seal(plain, purpose=PURPOSE, place=key),
            time.monotonic(),
        )

    async def announce(self, letter: Letter) -> None:
        """Let other replicas know, before it is written. If this fails, this one posts it all the same."""
        if letter.tokens and letter.line is None:
            with contextlib.suppress(StoreUnavailable):
                await self._announce(letter, due_ms=FIRST_MS)

    async def post(self, letter: Letter, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Have the tokens revoked. What takes longer, or fails, goes on behind the answer."""
        if letter.tokens:
            await self._wait(self._post(letter), patience_seconds)

    async def send(self, letter: Letter) -> None:
        """Write and post a letter with tokens that no record holds."""
        if letter.tokens:
            await self._wait(self._send(letter), PATIENCE_SECONDS)

    async def run(self) -> None:
        """Work off what others have left, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with contextlib.suppress(StoreUnavailable):
                while await self.work_off() == AT_ONCE:
                    pass

    async def work_off(self) -> int:
        """Post the letters that are due; return how many. Raise StoreUnavailable."""
        claim = self._redis.client.eval(CLAIM, 1, REVOKE_DUE, CLAIM_MS, AT_ONCE)
        now, *lines = await self._redis.run(claim, key=REVOKE_DUE)
        due = [line.decode() for line in lines]
        if due:
            sealed = await self._redis.read_many([_key_of(line) for line in due])
            tries = (
                self._try(line, one, LIFE_MS - (_end_of(line) - int(now)))
                for line, one in zip(due, sealed, strict=True)
            )
            await asyncio.gather(*tries)
        return len(due)

    async def close(self) -> None:
        """Wait for what is under way; what Redis has, another replica posts, or the next start."""
        await self._posting.stop(patience_seconds=CLOSE_SECONDS)

    async def _wait(self, work: Coroutine[Any, Any, None], seconds: float) -> None:
        await asyncio.wait([self._posting.spawn(work)], timeout=seconds)

    async def _send(self, letter: Letter) -> None:
        await self._put(letter)
        await self._post(letter)

    async def _post(self, letter: Letter) -> None:
        for seconds in (0, *PAUSES):
            await asyncio.sleep(seconds)
            if await self._webex.revoke(letter.tokens):
                await self._forget(letter.key, letter.line)
                return
            if await self._put(letter):
                return
        log.warning("tokens_left_to_their_end")

    async def _put(self, letter: Letter) -> bool:
        """Leave it in Redis, for whoever comes by; whether that was possible.

        Announced first: whoever is killed in between would leave a letter that nobody looks for.
        """
        try:
            if time.monotonic() - letter.announced_at > ARRIVAL_MS / 2000:
                await self._announce(letter, due_ms=SHORTEST_PAUSE_MS)
            command = self._redis.client.set(letter.key, letter.sealed, px=letter.life_ms, nx=True)
            await self._redis.run(command, key=letter.key)
        except StoreUnavailable:
            return False
        return True

    async def _announce(self, letter: Letter, *, due_ms: int) -> None:
        command = self._redis.client.eval(ANNOUNCE, 1, REVOKE_DUE, letter.key, due_ms, LIFE_MS)
        letter.line = (await self._redis.run(command, key=REVOKE_DUE)).decode()
        letter.announced_at = time.monotonic()

    async def _try(self, line: str, sealed: bytes | None, age_ms: int) -> None:
        """Post a letter that somebody else has left, or say when it is tried again."""
        if sealed is None:
            if age_ms > ARRIVAL_MS:
                await self._forget(_key_of(line), line)
            return
        tokens = self._opened(_key_of(line), sealed)
        if tokens is not None and await self._webex.revoke(tokens):
            await self._forget(_key_of(line), line)
            log.info("revoked_later")
            return
        pause = min(max(age_ms, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS)
        with contextlib.suppress(StoreUnavailable):
            await self._move(line, pause)

    async def _move(self, line: str, pause_ms: int) -> None:
        due = await self._redis.clock(REVOKE_DUE) + pause_ms
        command = self._redis.client.zadd(REVOKE_DUE, {line: due}, xx=True)
        await self._redis.run(command, key=REVOKE_DUE)

    async def _forget(self, key: str, line: str | None) -> None:
        """What cannot be deleted now is revoked once more, which does no harm (RFC 7009 section 2.2)."""
        with contextlib.suppress(StoreUnavailable):
            await self._redis.run(self._redis.client.delete(key), key=key)
            if line is not None:
                await self._redis.run(self._redis.client.zrem(REVOKE_DUE, line), key=REVOKE_DUE)

    def _opened(self, key: str, sealed: bytes) -> dict[str, str] | None:
        """The tokens; None if only a newer release, or nobody, can read them."""
        try:
            plain = self._sealer.open(sealed, purpose=PURPOSE, place=key)
            return msgspec.json.decode(plain, type=dict[str, str])
        except (SealBrokenError, NewerFormatError, msgspec.MsgspecError):
            return None


def _key_of(line: str) -> str:
    return line.partition(" ")[2]


def _end_of(line: str) -> int:
    """When the letter ends at the latest, in Unix milliseconds by Redis' clock."""
    return int(line.partition(" ")[0])


OUTBOX = web.AppKey("OUTBOX", Outbox)

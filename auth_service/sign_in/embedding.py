"""Embedding: a session of its own for a frame in somebody else's page, given over by a press.

The person signs in in a window at our own address. What came of it waits there in a sealed cookie, the
grant, until they press; then a code goes to the window's opener, which must be of our own origin, and the
frame gives that code for a cookie that is kept for the page around it alone. A code is good once and for a
minute; a grant gives one session to one frame.
"""

import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from aiohttp import web

from common.sessions.keys import embed_code_key, embed_taken_key
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.sessions.ticket import Ticket
from common.store.access import RedisAccess

PURPOSE, CODE_PURPOSE = "embedding", "embedding code"
CONFIRM = "/embed/confirm"
SIGN_IN = "/embed/sign-in"
# How long whoever has signed in may take to press, and the frame to use the code: as long as a session that
# nobody holds lives (auth_service.sign_in.unconfirmed), which then ends here and at Webex.
GRANT_SECONDS = CODE_SECONDS = 60


@dataclass(frozen=True)
class Grant:
    """A session that a page of `origin` may be given, and whom it is of (the name that people read)."""

    ticket: Ticket = field(repr=False)
    origin: str


def confirm_path(origin: str) -> str:
    """Where a sign-in for a frame comes back to."""
    return f"{CONFIRM}?{urlencode({'origin': origin})}"


def embedding_origin(next_path: str) -> str | None:
    """Whose page a sign-in with that way back is for; None if it is for none."""
    path, _, query = next_path.partition("?")
    return dict(parse_qsl(query)).get("origin") if path == CONFIRM else None


def host_of(origin: str) -> str:
    return urlsplit(origin).netloc


class Embeddings:
    """Grants and codes; `code` and `redeem` may raise StoreUnavailable."""

    def __init__(self, redis: RedisAccess, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer

    def seal(self, grant: Grant, place: str) -> str:
        """The grant as the value of a cookie named `place`."""
        return self._sealer.seal_text(_plain(grant), purpose=PURPOSE, place=place)

    def open(self, value: str | None, place: str) -> Grant | None:
        """What a cookie grants; None if it says nothing that we sealed."""
        if not value:
            return None
        try:
            return _grant(self._sealer.open_text(value, purpose=PURPOSE, place=place))
        except (SealBrokenError, NewerFormatError):
            return None

    async def code(self, grant: Grant) -> str:
        """A code for the frame; Redis has what it opens, sealed under a secret that only the code has."""
        code = Ticket.new()
        key = embed_code_key(code.handle)
        sealed = self._sealer.seal(
            _plain(grant), purpose=CODE_PURPOSE, place=key, secret=code.secret
        )
        await self._redis.run(self._redis.client.set(key, sealed, ex=CODE_SECONDS), key=key)
        return code.cookie

    async def redeem(self, code: str) -> Grant | None:
        """What a code is for, once; None if it is none of ours, too old, or its grant was taken."""
        ticket = Ticket.parse(code)
        if ticket is None:
            return None
        key = embed_code_key(ticket.handle)
        sealed = await self._redis.get(key)
        if sealed is None:
            return None
        try:
            plain = self._sealer.open(sealed, purpose=CODE_PURPOSE, place=key, secret=ticket.secret)
        except (SealBrokenError, NewerFormatError):
            return None
        grant = _grant(plain)
        return grant if grant and await self._take(grant.ticket) else None

    async def was_taken(self, ticket: Ticket) -> bool:
        return await self._redis.get(embed_taken_key(ticket.handle)) is not None

    async def _take(self, ticket: Ticket) -> bool:
        key = embed_taken_key(ticket.handle)
        # A command whose answer is lost with its connection is sent again: it must know its own mark.
        mark = secrets.token_bytes(16)
        command = self._redis.client.set(key, mark, nx=True, get=True, ex=2 * GRANT_SECONDS)
        found = await self._redis.run(command, key=key)
        return found is None or found == mark


def _plain(grant: Grant) -> bytes:
    return msgspec.json.encode([grant.ticket.cookie, grant.origin])


def _grant(plain: bytes) -> Grant | None:
    cookie, origin = msgspec.json.decode(plain)
    ticket = Ticket.parse(cookie)
    return Grant(ticket, origin) if ticket else None


EMBEDDINGS = web.AppKey("EMBEDDINGS", Embeddings)

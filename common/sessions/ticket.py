"""The ticket: what a browser's session cookie holds.

A random id finds the record in Redis, a random secret opens it. Redis sees neither: the record's key
is the SHA-256 of the id. So a dump of Redis is useless without the cookies, and the other way round.
"""

import re
import secrets
from hashlib import sha256
from typing import Self

from msgspec.structs import force_setattr

from common.base64url import from_text, to_text
from common.silent import Silent

VERSION = "1"
ID_BYTES = 16
SECRET_BYTES = 32
# 48 bytes fill 64 base64url characters exactly: there is one spelling per ticket, and no padding.
SHAPE = re.compile(rf"{VERSION}\.([A-Za-z0-9_-]{{64}})")


class Ticket(Silent, frozen=True):
    id: bytes
    secret: bytes
    handle: str = ""
    """The session's name, found without opening it (64 hex digits of the id); safe to show and to store."""

    def __post_init__(self) -> None:
        force_setattr(self, "handle", sha256(self.id).hexdigest())

    @classmethod
    def new(cls) -> Self:
        return cls(secrets.token_bytes(ID_BYTES), secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def parse(cls, cookie: str | None) -> Self | None:
        """Read a cookie's value; anything that this program did not write is no ticket."""
        match = SHAPE.fullmatch(cookie) if cookie else None
        if match is None:
            return None
        try:
            packed = from_text(match[1])
        except ValueError:
            return None
        return cls.unpacked(packed)

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """Take apart what `packed` has put together."""
        return cls(packed[:ID_BYTES], packed[ID_BYTES:])

    @property
    def packed(self) -> bytes:
        return self.id + self.secret

    @property
    def cookie(self) -> str:
        return f"{VERSION}.{to_text(self.packed)}"

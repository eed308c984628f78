"""Challenges: what a proof has to answer, sealed, so that nothing is kept until one was answered.

The first one of a session carries its ticket: when the browser registers its key, it comes from a page of
Webex, and sends no cookie along. It is in the sign-in's answer and in no other place.
"""

import secrets
import struct
import time
from dataclasses import dataclass
from hashlib import sha256

from common.sessions.bound_cookie import COOKIE_SECONDS
from common.sessions.keys import used_challenge_key
from common.sessions.newer_record import NewerRecord
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.sessions.ticket import Ticket
from common.store.access import RedisAccess

REGISTRATION, RENEWAL = "binding registration", "binding renewal"
OFFER_SECONDS = 60
# A browser keeps the next challenge until its short cookie ends. One that is older costs it a round trip.
VALID_SECONDS = 3 * COOKIE_SECONDS
TIME = struct.Struct(">Q")


@dataclass(frozen=True)
class Challenges:
    """Makes challenges, and knows its own; `use` may raise StoreUnavailable."""

    redis: RedisAccess
    sealer: Sealer

    def for_registration(self, ticket: Ticket) -> str:
        return self._sealed(ticket.cookie.encode(), purpose=REGISTRATION, place=REGISTRATION)

    def registering(self, value: str) -> Ticket | None:
        """Whose session the challenge offers to bind; None if it is not ours, or the offer is over.

        Raise NewerRecord if a newer release made it.
        """
        cookie = self._opened(value, OFFER_SECONDS, purpose=REGISTRATION, place=REGISTRATION)
        return Ticket.parse(cookie.decode()) if cookie else None

    def for_renewal(self, handle: str) -> str:
        return self._sealed(b"-", purpose=RENEWAL, place=handle)

    async def use(self, value: str, handle: str) -> bool:
        """Use the session's challenge up; False if it is none, too old, or was used before.

        Raise NewerRecord if a newer release made it.
        """
        if not self._opened(value, VALID_SECONDS, purpose=RENEWAL, place=handle):
            return False
        key = used_challenge_key(handle, sha256(value.encode()).hexdigest())
        # A command whose answer is lost with its connection is sent again: it must know its own mark.
        mark = secrets.token_bytes(16)
        command = self.redis.client.set(key, mark, nx=True, get=True, ex=VALID_SECONDS)
        return await self.redis.run(command, key=key) in (None, mark)

    def _sealed(self, plain: bytes, *, purpose: str, place: str) -> str:
        timed = TIME.pack(int(time.time())) + plain
        return self.sealer.seal_text(timed, purpose=purpose, place=place)

    def _opened(self, value: str, seconds: int, *, purpose: str, place: str) -> bytes | None:
        """What was sealed no longer ago than that, by a clock that may be apart from ours."""
        try:
            plain = self.sealer.open_text(value, purpose=purpose, place=place)
        except SealBrokenError:
            return None
        except NewerFormatError:
            raise NewerRecord from None
        (made_at,) = TIME.unpack(plain[: TIME.size])
        return plain[TIME.size :] if time.time() - made_at <= seconds else None

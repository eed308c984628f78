"""The webhooks that are registered at Webex for spaces: each has a secret of its own, which ends with it.

Whoever's token made a webhook can read its secret at Webex. So no secret lives longer than its webhook, and
none is good for another one: a call's name leads to the secret, and its id has to be that webhook's own.
Kept in Redis, so that every replica knows them; sealed, because whoever has a secret can call.
"""

import secrets
from dataclasses import dataclass, replace

from common.sessions.keys import registration_key
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.store.access import RedisAccess

NAME = "webex-oauth-pair: the space, live"
PURPOSE = "webhook registration"
# A keeper makes its webhooks anew before; what it could not remove is not believed for ever.
KEPT_SECONDS = 3600
LABEL_BYTES = 12


@dataclass(frozen=True, slots=True)
class Registration:
    label: str
    secret: str
    room_id: str
    webhook_id: str = ""
    """Empty until Webex has said how it calls it: a first call may come before that answer."""

    @property
    def name(self) -> str:
        """What the webhook is called at Webex, and in every call."""
        return f"{NAME} {self.label}"


def is_ours(name: object) -> bool:
    """Whether a webhook bears our name, that of earlier releases included."""
    return isinstance(name, str) and (name == NAME or bool(label_of(name)))


def label_of(name: object) -> str:
    """Give the label in a webhook's name; nothing for what is not ours."""
    if not isinstance(name, str):
        return ""
    before, _, label = name.rpartition(" ")
    fits = label.isascii() and label.replace("-", "").replace("_", "").isalnum()
    return label if before == NAME and fits and len(label) <= 2 * LABEL_BYTES else ""


class Registrations:
    """Each raises StoreUnavailable when Redis cannot be asked."""

    def __init__(self, redis: RedisAccess, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer
        self._labels: dict[str, str] = {}

    async def begin(self, room_id: str) -> Registration:
        """Keep a new secret, before Webex is told of it."""
        label, secret = secrets.token_urlsafe(LABEL_BYTES), secrets.token_urlsafe(32)
        registration = Registration(label, secret, room_id)
        await self._keep(registration)
        return registration

    async def confirm(self, registration: Registration, webhook_id: str) -> None:
        """Keep how Webex calls it."""
        self._labels[webhook_id] = registration.label
        await self._keep(replace(registration, webhook_id=webhook_id))

    async def find(self, label: str) -> Registration | None:
        key = registration_key(label)
        [sealed] = await self._redis.read_many([key])
        if sealed is None:
            return None
        try:
            plain = self._sealer.open(sealed, purpose=PURPOSE, place=key).decode()
        except (SealBrokenError, NewerFormatError):
            return None
        secret, _, known = plain.partition(" ")
        # As the former release kept it there is no space: nothing is heard until it is made anew.
        webhook_id, _, room_id = known.partition(" ")
        return Registration(label, secret, room_id, webhook_id)

    async def forget(self, webhook_id: str, label: str = "") -> None:
        """Believe no further call of a webhook that is gone."""
        label = self._labels.pop(webhook_id, label)
        if label:
            key = registration_key(label)
            await self._redis.run(self._redis.client.delete(key), key=key)

    async def _keep(self, registration: Registration) -> None:
        key = registration_key(registration.label)
        known = (registration.secret, registration.webhook_id, registration.room_id)
        plain = " ".join(known).encode()
        sealed = self._sealer.seal(plain, purpose=PURPOSE, place=key)
        await self._redis.run(self._redis.client.set(key, sealed, ex=KEPT_SECONDS), key=key)

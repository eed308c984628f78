"""Webhooks: who wants to hear of what."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from webex_sandbox.clock import timestamp
from webex_sandbox.ids import webex_id
from webex_sandbox.people import Person
from webex_sandbox.space.conversation import Event
from webex_sandbox.space.memberships import Memberships

RESOURCES = frozenset({"messages", "memberships"})
EVENTS = frozenset({"created", "updated", "deleted"})
FILTERS = frozenset({"roomId", "roomType", "personId", "personEmail", "mentionedPeople"})


@dataclass(slots=True, kw_only=True)
class Webhook:
    uuid: str
    owner: Person
    name: str
    target_url: str
    resource: str
    event: str
    filter: str
    secret: str
    created: float
    is_active: bool = True
    failures: int = 0

    @property
    def id(self) -> str:
        return webex_id("WEBHOOK", self.uuid)

    def wants(self, event: Event, memberships: Memberships) -> bool:
        if not self.is_active or (self.resource, self.event) != (event.resource, event.name):
            return False
        if not memberships.find(event.room, self.owner):
            return False
        return self._may_hear(event) and self._filter_lets_pass(event)

    def _may_hear(self, event: Event) -> bool:
        """Bots hear in group rooms only what mentions them."""
        if self.owner.kind != "bot" or event.message is None or event.room.type == "direct":
            return True
        return self.owner.id in event.message.wording.mentioned_people

    def _filter_lets_pass(self, event: Event) -> bool:
        for name, value in parse_qsl(self.filter):
            if name == "mentionedPeople":
                wanted = self.owner.id if value == "me" else value
                if wanted not in event.data.get(name, []):
                    return False
            elif event.data.get(name) != value:
                return False
        return True


class Webhooks:
    def __init__(self) -> None:
        self._by_id: dict[str, Webhook] = {}

    def reset(self) -> None:
        self._by_id.clear()

    def add(self, webhook: Webhook) -> Webhook:
        self._by_id[webhook.id] = webhook
        return webhook

    def remove(self, webhook: Webhook) -> None:
        del self._by_id[webhook.id]

    def of(self, owner: Person) -> list[Webhook]:
        return [webhook for webhook in self._by_id.values() if webhook.owner == owner]

    def find(self, webhook_id: str) -> Webhook | None:
        return self._by_id.get(webhook_id)

    def all(self) -> list[Webhook]:
        return list(self._by_id.values())


WEBHOOKS = web.AppKey("WEBHOOKS", Webhooks)


def webhook_json(webhook: Webhook) -> dict[str, Any]:
    described = {
        "id": webhook.id,
        "name": webhook.name,
        "targetUrl": webhook.target_url,
        "resource": webhook.resource,
        "event": webhook.event,
        "filter": webhook.filter,
        "secret": webhook.secret,
        "status": "active" if webhook.is_active else "inactive",
        "created": timestamp(webhook.created),
        "ownedBy": "creator",
    }
    return {name: value for name, value in described.items() if value}

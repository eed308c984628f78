"""Webhooks: who wants to hear of what."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from webex_sandbox.clock import timestamp
from webex_sandbox.ids import stable_uuid, webex_id
from webex_sandbox.people import Person
from webex_sandbox.space.conversation import Event
from webex_sandbox.space.memberships import Memberships

ALL = "all"
RESOURCES = frozenset(
    {
        *(ALL, "attachmentActions", "memberships", "messages", "rooms"),
        # Never heard of here, but everybody may wait for them.
        *("dataSources", "meetings", "recordings", "convergedRecordings", "meetingParticipants"),
        *("meetingTranscripts", "telephony_calls", "telephony_conference", "telephony_mwi"),
        *("uc_counters", "serviceApp", "adminBatchJobs"),
    }
)
EVENTS = frozenset(
    {
        *(ALL, "created", "updated", "deleted", "migrated"),
        *("started", "ended", "joined", "left", "authorized", "deauthorized", "statusChanged"),
    }
)
FILTERS = frozenset(
    {
        *("roomId", "roomType", "personId", "personEmail", "mentionedPeople", "hasFiles"),
        *("hasAttachments", "isModerator", "type", "isLocked", "messageId"),
    }
)


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
    client_id: str = ""
    """Of the integration that registered it; none for a bot."""
    is_active: bool = True
    failures: int = 0

    @property
    def id(self) -> str:
        return webex_id("WEBHOOK", self.uuid)

    @property
    def app_id(self) -> str:
        return webex_id("APPLICATION", stable_uuid(f"application {self.client_id}"))

    def wants(self, event: Event, memberships: Memberships) -> bool:
        if not self.is_active or self.resource not in {ALL, event.resource}:
            return False
        if self.event not in {ALL, event.name}:
            return False
        if not memberships.find(event.room, self.owner):
            return False
        return self._may_hear(event) and self._filter_lets_pass(event)

    def _may_hear(self, event: Event) -> bool:
        """Bots hear in group rooms only what mentions them, and what comes with their own cards."""
        if event.action and event.message:
            return event.message.author == self.owner
        if self.owner.kind != "bot" or event.message is None or event.room.type == "direct":
            return True
        return self.owner.id in event.message.wording.mentioned_people

    def _filter_lets_pass(self, event: Event) -> bool:
        for name, value in parse_qsl(self.filter):
            if name == "mentionedPeople":
                wanted = self.owner.id if value == "me" else value
                if wanted not in event.data.get(name, []):
                    return False
            elif _told(event, name) != value:
                return False
        return True


def _told(event: Event, name: str) -> str:
    """Give what a filter compares, as it is written in one."""
    if event.message and name in {"hasFiles", "hasAttachments"}:
        found: Any = bool(
            event.message.content if name == "hasFiles" else event.message.attachments
        )
    else:
        found = event.data.get(name, event.room.id if name == "roomId" else "")
    return str(found).lower() if isinstance(found, bool) else str(found)


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

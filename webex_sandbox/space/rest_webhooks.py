"""/v1/webhooks."""

from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec
from aiohttp import web
from msgspec import Meta

from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import read_body
from webex_sandbox.clock import CLOCK
from webex_sandbox.errors import WebexError
from webex_sandbox.ids import new_uuid
from webex_sandbox.paging import most, page_of
from webex_sandbox.people import Person
from webex_sandbox.scopes import READ_MEMBERSHIPS, READ_MESSAGES, READ_ROOMS
from webex_sandbox.sign_in.bearer import authenticate
from webex_sandbox.space.webhooks import (
    ALL,
    EVENTS,
    FILTERS,
    RESOURCES,
    WEBHOOKS,
    Webhook,
    webhook_json,
)

_ANY_READ = READ_MESSAGES | READ_MEMBERSHIPS | READ_ROOMS
_READ = {
    "messages": READ_MESSAGES,
    ALL: READ_MESSAGES,
    "attachmentActions": READ_MESSAGES,
    "memberships": READ_MEMBERSHIPS,
    "rooms": READ_ROOMS,
}

_Needed = Annotated[str, Meta(min_length=1)]


class NewWebhook(msgspec.Struct, kw_only=True, rename="camel"):
    name: _Needed
    target_url: _Needed
    resource: str
    event: str
    filter: str = ""
    secret: str = ""
    owned_by: Literal["creator", "org"] = "creator"


class WebhookChange(msgspec.Struct, kw_only=True, rename="camel"):
    name: str = ""
    target_url: str = ""
    secret: str = ""
    status: str = ""


async def list_webhooks(request: web.Request) -> web.Response:
    """List the caller's webhooks."""
    owner = _caller(request)
    size = most(request, 100)
    if request.query.get("ownedBy") == "org":
        return page_of(request, [], size)
    found = [webhook_json(webhook) for webhook in request.app[WEBHOOKS].of(owner)]
    return page_of(request, found, size)


async def create_webhook(request: web.Request) -> web.Response:
    """Register a webhook; the answer is 200, and needs the scope to read the resource."""
    _caller(request)
    body = await read_body(request, NewWebhook)
    resource = _one_of("resource", body.resource, RESOURCES)
    if body.owned_by == "org":
        raise WebexError(403)
    grant = authenticate(request, _READ.get(resource, _ANY_READ)).grant
    webhook = Webhook(
        uuid=new_uuid(),
        owner=grant.person,
        client_id=grant.client_id,
        name=body.name,
        target_url=_target_url(body.target_url),
        resource=resource,
        event=_one_of("event", body.event, EVENTS),
        filter=_filter(body.filter),
        secret=body.secret,
        created=request.app[CLOCK].now(),
    )
    return json_answer(webhook_json(request.app[WEBHOOKS].add(webhook)))


async def get_webhook(request: web.Request) -> web.Response:
    """Show a webhook to its owner."""
    return json_answer(webhook_json(_own(request)))


async def change_webhook(request: web.Request) -> web.Response:
    """Change name, address or secret; status=active switches it on again."""
    webhook = _own(request)
    body = await read_body(request, WebhookChange)
    webhook.name = body.name or webhook.name
    webhook.target_url = _target_url(body.target_url or webhook.target_url)
    webhook.secret = body.secret or webhook.secret
    if body.status == "active":
        webhook.is_active, webhook.failures = True, 0
    return json_answer(webhook_json(webhook))


async def delete_webhook(request: web.Request) -> web.Response:
    """End a webhook."""
    request.app[WEBHOOKS].remove(_own(request))
    return web.Response(status=204)


def _caller(request: web.Request) -> Person:
    return authenticate(request, _ANY_READ).grant.person


def _own(request: web.Request) -> Webhook:
    caller = _caller(request)
    webhook = request.app[WEBHOOKS].find(request.match_info["webhook_id"])
    if webhook is None or webhook.owner != caller:
        raise WebexError(404)
    return webhook


def _one_of(name: str, value: str, allowed: frozenset[str]) -> str:
    if value not in allowed:
        raise WebexError(400, f"{name} must be one of {', '.join(sorted(allowed))}.")
    return value


def _target_url(value: str) -> str:
    if not _is_http(value):
        raise WebexError(400, "targetUrl must be an http address.")
    return value


def _is_http(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _filter(value: str) -> str:
    names = {name for name, _ in parse_qsl(value, keep_blank_values=True)}
    if value and (not names or names - FILTERS):
        raise WebexError(400, f"filter must name one of {', '.join(sorted(FILTERS))}.")
    return value

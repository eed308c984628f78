"""/v1/webhooks."""

from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import JsonObject, json_object
from webex_sandbox.clock import CLOCK
from webex_sandbox.errors import WebexError
from webex_sandbox.ids import new_uuid
from webex_sandbox.paging import most, page_of
from webex_sandbox.people import Person
from webex_sandbox.scopes import READ_MEMBERSHIPS, READ_MESSAGES
from webex_sandbox.sign_in.bearer import authenticate
from webex_sandbox.space.webhooks import (
    EVENTS,
    FILTERS,
    RESOURCES,
    WEBHOOKS,
    Webhook,
    webhook_json,
)

_READ = {"messages": READ_MESSAGES, "memberships": READ_MEMBERSHIPS}
_ANY_READ = READ_MESSAGES | READ_MEMBERSHIPS


async def list_webhooks(request: web.Request) -> web.Response:
    owner = _caller(request)
    size = most(request, 100)
    found = [webhook_json(webhook) for webhook in request.app[WEBHOOKS].of(owner)]
    return page_of(request, found, size)


async def create_webhook(request: web.Request) -> web.Response:
    """Register a webhook; the answer is 200, and needs the scope to read the resource."""
    _caller(request)
    body = await json_object(request)
    resource = _one_of(body, "resource", RESOURCES)
    owner = authenticate(request, _READ[resource]).grant.person
    webhook = Webhook(
        uuid=new_uuid(),
        owner=owner,
        name=body.needed_text("name"),
        target_url=_target_url(body.needed_text("targetUrl")),
        resource=resource,
        event=_one_of(body, "event", EVENTS),
        filter=_filter(body),
        secret=body.text("secret"),
        created=request.app[CLOCK].now(),
    )
    return json_answer(webhook_json(request.app[WEBHOOKS].add(webhook)))


async def get_webhook(request: web.Request) -> web.Response:
    return json_answer(webhook_json(_own(request)))


async def change_webhook(request: web.Request) -> web.Response:
    """Change name, address or secret; status=active switches it on again."""
    webhook = _own(request)
    body = await json_object(request)
    webhook.name = body.text("name", webhook.name)
    webhook.target_url = _target_url(body.text("targetUrl", webhook.target_url))
    webhook.secret = body.text("secret", webhook.secret)
    if body.text("status") == "active":
        webhook.is_active, webhook.failures = True, 0
    return json_answer(webhook_json(webhook))


async def delete_webhook(request: web.Request) -> web.Response:
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


def _one_of(body: JsonObject, name: str, allowed: frozenset[str]) -> str:
    value = body.needed_text(name)
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


def _filter(body: JsonObject) -> str:
    value = body.text("filter")
    names = {name for name, _ in parse_qsl(value, keep_blank_values=True)}
    if value and (not names or names - FILTERS):
        raise WebexError(400, f"filter must name one of {', '.join(sorted(FILTERS))}.")
    return value

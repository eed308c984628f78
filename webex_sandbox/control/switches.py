"""/_sandbox: what a test, a benchmark or a curious person may look at and switch.

| request | what it does |
| --- | --- |
| GET /_sandbox | everything that is set, and the calls so far |
| POST /_sandbox/reset | as after the start |
| GET, DELETE /_sandbox/calls | calls per route, and per grant type; start counting again |
| GET, POST, DELETE /_sandbox/faults, DELETE /_sandbox/faults/ID | see `webex_sandbox.faults` |
| GET, PATCH /_sandbox/policy | lifetimes and refresh mode, see `webex_sandbox.sign_in.policy` |
| POST /_sandbox/tokens | tokens without a sign-in: `{"email", "scopes", "client_id"}` |
| POST /_sandbox/tokens/expire | end tokens now: `{"access", "refresh", "email"}` |
| POST /_sandbox/clock | put the sandbox's clock forward: `{"advance_seconds"}` |
| GET, POST /_sandbox/integrations | list them, register one |
| GET /_sandbox/confidential | states, verifiers, codes and tokens that passed here |

The switches of the conversation are in `webex_sandbox.control.space`. Bodies are JSON and must
say so, which keeps other sites' forms out.
"""

from dataclasses import asdict
from typing import Any, cast

from aiohttp import web

from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import JsonObject, json_object
from webex_sandbox.calls import CALLS
from webex_sandbox.clock import CLOCK
from webex_sandbox.confidential import CONFIDENTIAL
from webex_sandbox.errors import WebexError
from webex_sandbox.faults import FAULTS
from webex_sandbox.people import PEOPLE, Person
from webex_sandbox.scopes import REGISTERED_SCOPES
from webex_sandbox.sign_in.codes import CODES
from webex_sandbox.sign_in.integrations import DEMO_CLIENT_ID, INTEGRATIONS, Integration
from webex_sandbox.sign_in.logins import LOGINS
from webex_sandbox.sign_in.policy import POLICY, REFRESH_MODES, RefreshMode
from webex_sandbox.sign_in.tokens import TOKENS
from webex_sandbox.space.chatter import CHATTER
from webex_sandbox.space.contents import CONTENTS
from webex_sandbox.space.deliveries import DELIVERIES
from webex_sandbox.space.demo import DEMO
from webex_sandbox.space.memberships import MEMBERSHIPS
from webex_sandbox.space.messages import MESSAGES
from webex_sandbox.space.rooms import ROOMS
from webex_sandbox.space.webhooks import WEBHOOKS

_STORES = (
    CHATTER,
    DELIVERIES,
    CALLS,
    CLOCK,
    CODES,
    CONFIDENTIAL,
    FAULTS,
    INTEGRATIONS,
    LOGINS,
    PEOPLE,
    POLICY,
    TOKENS,
    ROOMS,
    MEMBERSHIPS,
    MESSAGES,
    CONTENTS,
    WEBHOOKS,
    # Furnishes what was emptied above it.
    DEMO,
)


async def overview(request: web.Request) -> web.Response:
    app = request.app
    return json_answer(
        {
            "policy": asdict(app[POLICY]),
            "faults": [fault.as_json() for fault in app[FAULTS].all()],
            "calls": app[CALLS].counts(),
            "integrations": _integrations(request),
            "people": [person.email for person in app[PEOPLE].all()],
        }
    )


async def reset(request: web.Request) -> web.Response:
    (await json_object(request)).nothing_else()
    for key in _STORES:
        request.app[key].reset()
    return web.Response(status=204)


async def calls(request: web.Request) -> web.Response:
    return json_answer(request.app[CALLS].counts())


async def forget_calls(request: web.Request) -> web.Response:
    request.app[CALLS].reset()
    return web.Response(status=204)


async def policy(request: web.Request) -> web.Response:
    return json_answer(asdict(request.app[POLICY]))


async def change_policy(request: web.Request) -> web.Response:
    body, current = await json_object(request), request.app[POLICY]
    mode = body.text("refresh_mode", current.refresh_mode)
    if mode not in REFRESH_MODES:
        raise WebexError(400, f"refresh_mode must be one of {', '.join(REFRESH_MODES)}.")
    omit = body.texts("omit", current.omit)
    seconds = {
        name: body.number(name, getattr(current, name))
        for name in (
            "code_seconds",
            "access_token_seconds",
            "refresh_token_seconds",
            "sticky_seconds",
        )
    }
    body.nothing_else()
    current.refresh_mode, current.omit = cast("RefreshMode", mode), omit
    for name, value in seconds.items():
        setattr(current, name, value)
    return json_answer(asdict(current))


async def new_tokens(request: web.Request) -> web.Response:
    body = await json_object(request)
    person = _needed_person(request, body.text("email", "ada@example.com"))
    scopes = body.texts("scopes", ("spark:people_read",))
    client_id = body.text("client_id", DEMO_CLIENT_ID)
    body.nothing_else()
    return json_answer(request.app[TOKENS].begin(client_id, person, scopes))


async def expire_tokens(request: web.Request) -> web.Response:
    body = await json_object(request)
    access, refresh = body.flag("access", default=True), body.flag("refresh")
    email = body.text("email")
    body.nothing_else()
    person = _needed_person(request, email) if email else None
    ended = request.app[TOKENS].expire(access=access, refresh=refresh, person=person)
    return json_answer({"expired": ended})


async def advance_clock(request: web.Request) -> web.Response:
    body = await json_object(request)
    seconds = body.number("advance_seconds")
    body.nothing_else()
    request.app[CLOCK].advance(seconds)
    return json_answer({"ahead_seconds": request.app[CLOCK].ahead})


async def integrations(request: web.Request) -> web.Response:
    return json_answer({"items": _integrations(request)})


async def register_integration(request: web.Request) -> web.Response:
    body = await json_object(request)
    integration = _integration(body)
    body.nothing_else()
    request.app[INTEGRATIONS].register(integration)
    return json_answer({"client_id": integration.client_id})


async def confidential(request: web.Request) -> web.Response:
    return json_answer(request.app[CONFIDENTIAL].values())


def _integration(body: JsonObject) -> Integration:
    return Integration(
        client_id=body.needed_text("client_id"),
        client_secret=body.needed_text("client_secret"),
        name=body.text("name", "Another integration"),
        redirect_uris=body.texts("redirect_uris"),
        scopes=frozenset(body.texts("scopes", tuple(REGISTERED_SCOPES))),
    )


def _integrations(request: web.Request) -> list[dict[str, Any]]:
    return [
        {
            "client_id": integration.client_id,
            "name": integration.name,
            "redirect_uris": list(integration.redirect_uris),
            "scopes": sorted(integration.scopes),
        }
        for integration in request.app[INTEGRATIONS].all()
    ]


def _needed_person(request: web.Request, email: str) -> Person:
    person = request.app[PEOPLE].by_email(email)
    if person is None:
        raise WebexError(400, "Nobody has this e-mail address.")
    return person

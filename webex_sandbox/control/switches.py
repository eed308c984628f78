"""/_sandbox: what a test, a benchmark or a curious person may look at and switch.

The home page lists every switch by the first lines here; the switches of the conversation are in
`webex_sandbox.control.space`. Bodies are JSON and must say so, which keeps other sites' forms out.
"""

from dataclasses import asdict
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import NothingElse, Switch, read_body
from webex_sandbox.calls import CALLS
from webex_sandbox.clock import CLOCK
from webex_sandbox.confidential import CONFIDENTIAL
from webex_sandbox.errors import WebexError
from webex_sandbox.faults import FAULTS
from webex_sandbox.people import PEOPLE, Person
from webex_sandbox.scopes import REGISTERED_SCOPES
from webex_sandbox.sign_in.integrations import DEMO_CLIENT_ID, INTEGRATIONS, Integration
from webex_sandbox.sign_in.policy import POLICY, RefreshMode
from webex_sandbox.sign_in.tokens import TOKENS

_Seconds = Annotated[float, Meta(ge=0)]
_Needed = Annotated[str, Meta(min_length=1)]


class PolicyChange(Switch):
    code_seconds: _Seconds | None = None
    access_token_seconds: _Seconds | None = None
    refresh_token_seconds: _Seconds | None = None
    sticky_seconds: _Seconds | None = None
    refresh_mode: RefreshMode | None = None
    omit: tuple[str, ...] | None = None
    revoking_ends_others: bool | None = None
    nonce_required: bool | None = None


class NewTokens(Switch):
    email: str = "ada@example.com"
    scopes: tuple[str, ...] = ("spark:people_read",)
    client_id: str = DEMO_CLIENT_ID


class TokensToEnd(Switch):
    access: bool = True
    refresh: bool = False
    email: str = ""


class ClockChange(Switch):
    advance_seconds: _Seconds = 0


class NewIntegration(Switch):
    client_id: _Needed
    client_secret: _Needed
    name: str = "Another integration"
    redirect_uris: tuple[str, ...] = ()
    scopes: frozenset[str] = REGISTERED_SCOPES


async def overview(request: web.Request) -> web.Response:
    """Show everything that is set, and the calls so far."""
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
    """Make everything as it was after the start."""
    await read_body(request, NothingElse)
    # In the order of the application: what furnishes comes after what it furnishes.
    for key in request.app:
        put_back = getattr(request.app[key], "reset", None)
        if callable(put_back):
            put_back()
    return web.Response(status=204)


async def calls(request: web.Request) -> web.Response:
    """Count calls per route; at the token endpoint also per grant type.

    As in “POST /v1/access_token refresh_token”.
    """
    return json_answer(request.app[CALLS].counts())


async def forget_calls(request: web.Request) -> web.Response:
    """Start counting again."""
    request.app[CALLS].reset()
    return web.Response(status=204)


async def policy(request: web.Request) -> web.Response:
    """Show how long codes and tokens live, and how a refresh is answered."""
    return json_answer(asdict(request.app[POLICY]))


async def change_policy(request: web.Request) -> web.Response:
    """Change how long codes and tokens live, and how a refresh is answered.

    code_seconds, access_token_seconds, refresh_token_seconds, sticky_seconds; refresh_mode: same,
    rotating, sticky, absent or expired; omit: fields left out of token answers;
    revoking_ends_others: the person's other grants end with the one that is revoked;
    nonce_required: with the scope openid.
    """
    body, current = await read_body(request, PolicyChange), request.app[POLICY]
    for name, value in msgspec.structs.asdict(body).items():
        if value is not None:
            setattr(current, name, value)
    return json_answer(asdict(current))


async def new_tokens(request: web.Request) -> web.Response:
    """Give tokens without a sign-in: email, scopes, client_id."""
    body = await read_body(request, NewTokens)
    person = _needed_person(request, body.email)
    return json_answer(request.app[TOKENS].begin(body.client_id, person, body.scopes))


async def expire_tokens(request: web.Request) -> web.Response:
    """End tokens now: access (true), refresh (false), email (everybody)."""
    body = await read_body(request, TokensToEnd)
    person = _needed_person(request, body.email) if body.email else None
    ended = request.app[TOKENS].expire(access=body.access, refresh=body.refresh, person=person)
    return json_answer({"expired": ended})


async def advance_clock(request: web.Request) -> web.Response:
    """Put the sandbox's clock forward: advance_seconds."""
    body = await read_body(request, ClockChange)
    request.app[CLOCK].advance(body.advance_seconds)
    return json_answer({"ahead_seconds": request.app[CLOCK].ahead})


async def integrations(request: web.Request) -> web.Response:
    """List the integrations that are registered."""
    return json_answer({"items": _integrations(request)})


async def register_integration(request: web.Request) -> web.Response:
    """Register an integration, or replace the one with the same client_id.

    client_secret, name, redirect_uris, scopes.
    """
    body = await read_body(request, NewIntegration)
    request.app[INTEGRATIONS].register(
        Integration(
            client_id=body.client_id,
            client_secret=body.client_secret,
            name=body.name,
            redirect_uris=body.redirect_uris,
            scopes=body.scopes,
        )
    )
    return json_answer({"client_id": body.client_id})


async def confidential(request: web.Request) -> web.Response:
    """List states, verifiers, codes and tokens that passed, to search logs for."""
    return json_answer(request.app[CONFIDENTIAL].values())


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

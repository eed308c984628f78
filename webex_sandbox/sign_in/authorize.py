"""The sign-in at /v1/authorize: the e-mail address first, then consent.

Both forms keep the authorization request in their address, so the sandbox stores nothing until
somebody has signed in, and reloading or going back works.
"""

import secrets
from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import urlencode

from aiohttp import web

from webex_sandbox.answers import redirect, see_other
from webex_sandbox.bodies import read_form
from webex_sandbox.clock import CLOCK
from webex_sandbox.confidential import CONFIDENTIAL
from webex_sandbox.pages import failure_page, page
from webex_sandbox.people import PEOPLE
from webex_sandbox.scopes import described
from webex_sandbox.sign_in.authorization import (
    AuthorizationRequest,
    RefusedRequestError,
    UnusableRequestError,
    parse,
)
from webex_sandbox.sign_in.codes import CODES
from webex_sandbox.sign_in.integrations import INTEGRATIONS
from webex_sandbox.sign_in.logins import LOGINS, Login, remember
from webex_sandbox.sign_in.policy import POLICY

_CONSENT = "/v1/authorize/consent"

Step = Callable[[web.Request, AuthorizationRequest], Awaitable[web.Response]]


def step(handler: Step) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Give each step the authorization request, or answer for it when that cannot be used."""

    @wraps(handler)
    async def checked(request: web.Request) -> web.Response:
        try:
            asked = parse(request.query, request.app[INTEGRATIONS], request.app[POLICY])
        except UnusableRequestError as error:
            return failure_page(request, 400, str(error), title="This request cannot be used")
        except RefusedRequestError as error:
            return redirect(error.location)
        return await handler(request, asked)

    return checked


@step
async def authorize(request: web.Request, asked: AuthorizationRequest) -> web.Response:
    """Ask for the e-mail address, or go on to consent when this browser is signed in."""
    login = _usable_login(request, asked)
    if asked.prompt == "none":
        return redirect(_silent_answer(request, asked, login))
    if login is None or asked.prompt in {"select_account", "login"}:
        return _email_page(request, asked, asked.login_hint)
    return see_other(_same_request(request, _CONSENT))


@step
async def sign_in(request: web.Request, asked: AuthorizationRequest) -> web.Response:
    """Take the e-mail address; a known one is enough to be signed in."""
    email = str((await read_form(request)).get("email", ""))
    person = request.app[PEOPLE].by_email(email)
    if person is None or person.kind == "bot":
        return _email_page(request, asked, email, unknown=True)
    logins = request.app[LOGINS]
    logins.end(request)
    response = see_other(_same_request(request, _CONSENT))
    remember(request, response, logins.begin(person))
    return response


@step
async def ask_consent(request: web.Request, asked: AuthorizationRequest) -> web.Response:
    """Ask the person whether the integration may have what it wants."""
    login = request.app[LOGINS].of(request)
    if login is None:
        return see_other(_same_request(request, "/v1/authorize"))
    context = {
        "person": login.person,
        "integration": asked.integration,
        "scopes": described(asked.scopes),
        "form_key": login.form_key,
        "action": _same_request(request, _CONSENT),
        "other_account": _same_request(request, "/v1/authorize", prompt="select_account"),
    }
    return page(request, "consent.html", context, form_goes_to=asked.redirect_uri)


@step
async def decide(request: web.Request, asked: AuthorizationRequest) -> web.Response:
    """Take Accept or Decline, and send the browser back to the integration."""
    login = request.app[LOGINS].of(request)
    form = await read_form(request)
    form_key = str(form.get("form_key", ""))
    if login is None or not secrets.compare_digest(form_key.encode(), login.form_key.encode()):
        return see_other(_same_request(request, "/v1/authorize"))
    if form.get("decision") != "accept":
        return redirect(
            asked.answer(error="access_denied", error_description="The user denied the request.")
        )
    client_id = asked.integration.client_id
    request.app[LOGINS].remember_consent(login.person, client_id, asked.scopes)
    return redirect(_answer_with_code(request, asked, login))


def _usable_login(request: web.Request, asked: AuthorizationRequest) -> Login | None:
    login = request.app[LOGINS].of(request)
    if login is None:
        return None
    if asked.login_hint and asked.login_hint.strip().lower() != login.person.email:
        return None
    age = request.app[CLOCK].now() - login.signed_in_at
    return None if asked.max_age is not None and age > asked.max_age else login


def _silent_answer(request: web.Request, asked: AuthorizationRequest, login: Login | None) -> str:
    if login is None:
        return asked.answer(error="login_required")
    logins, client_id = request.app[LOGINS], asked.integration.client_id
    if not logins.has_consented(login.person, client_id, asked.scopes):
        return asked.answer(error="consent_required")
    return _answer_with_code(request, asked, login)


def _answer_with_code(request: web.Request, asked: AuthorizationRequest, login: Login) -> str:
    code = request.app[CODES].issue(asked, login.person, login.signed_in_at)
    confidential = request.app[CONFIDENTIAL]
    confidential.add("state", asked.state)
    confidential.add("nonce", asked.nonce)
    confidential.add("code", code.value)
    return asked.answer(code=code.value)


def _email_page(
    request: web.Request, asked: AuthorizationRequest, email: str, *, unknown: bool = False
) -> web.Response:
    context = {
        "integration": asked.integration,
        "action": _same_request(request, "/v1/authorize"),
        "email": email,
        "unknown": unknown,
    }
    return page(request, "email.html", context, status=400 if unknown else 200)


def _same_request(request: web.Request, path: str, **changed: str) -> str:
    return f"{path}?{urlencode({**request.query, **changed})}"

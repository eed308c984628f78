"""POST /v1/access_token: a code or a refresh token becomes an access token."""

import secrets
from collections.abc import Mapping

from aiohttp import web

from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import read_form
from webex_sandbox.clock import CLOCK
from webex_sandbox.confidential import CONFIDENTIAL, Confidential
from webex_sandbox.errors import WebexError
from webex_sandbox.sign_in.codes import CODES, Code
from webex_sandbox.sign_in.integrations import INTEGRATIONS, Integration, Integrations
from webex_sandbox.sign_in.oidc import id_token
from webex_sandbox.sign_in.policy import POLICY
from webex_sandbox.sign_in.tokens import TOKENS, Answer, InvalidRefreshTokenError

Form = Mapping[str, str]


async def access_token(request: web.Request) -> web.Response:
    """Answer a token request (RFC 6749 sections 4.1.3 and 6).

    Raises:
        WebexError: 401 for wrong client credentials, 400 for everything else.

    """
    form = await _form(request)
    integration = authenticated(
        request.app[INTEGRATIONS], _needed(form, "client_id"), _needed(form, "client_secret")
    )
    if integration is None:
        raise WebexError(401, "The client_id or client_secret is invalid.")
    grant_type = _needed(form, "grant_type")
    if grant_type == "authorization_code":
        answer = _exchange(request, integration, form)
    elif grant_type == "refresh_token":
        answer = _refresh(request, integration, form)
    else:
        raise WebexError(400, "The grant_type is not supported.")
    _remember(request.app[CONFIDENTIAL], form, answer)
    omitted = request.app[POLICY].omit
    return json_answer({name: value for name, value in answer.items() if name not in omitted})


def authenticated(
    integrations: Integrations, client_id: str, client_secret: str
) -> Integration | None:
    integration = integrations.find(client_id)
    expected = integration.client_secret if integration else ""
    right = secrets.compare_digest(client_secret.encode(), expected.encode())
    return integration if right else None


def _remember(confidential: Confidential, form: Form, answer: Answer) -> None:
    confidential.add("code_verifier", form.get("code_verifier"))
    for name in ("access_token", "refresh_token", "id_token"):
        confidential.add(name, answer.get(name))


async def _form(request: web.Request) -> Form:
    if request.content_type != "application/x-www-form-urlencoded":
        raise WebexError(415, "The content type must be application/x-www-form-urlencoded.")
    fields = await read_form(request)
    if len(fields) != len(set(fields)):
        raise WebexError(400, "A parameter is repeated.")
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _needed(form: Form, name: str) -> str:
    value = form.get(name)
    if not value:
        raise WebexError(400, f"The parameter {name} is missing.")
    return value


def _exchange(request: web.Request, integration: Integration, form: Form) -> Answer:
    value, redirect_uri = _needed(form, "code"), _needed(form, "redirect_uri")
    code = request.app[CODES].take(value)
    if code is None or code.request.integration.client_id != integration.client_id:
        raise WebexError(400, "The code is invalid, expired, or has been used already.")
    if redirect_uri != code.request.redirect_uri:
        raise WebexError(400, "The redirect_uri is not the one that the code was issued for.")
    if not code.accepts(form.get("code_verifier", "")):
        raise WebexError(400, "The code_verifier does not match the code_challenge.")
    return _first_answer(request.app, integration, code)


def _first_answer(app: web.Application, integration: Integration, code: Code) -> Answer:
    scopes = code.request.scopes
    answer = app[TOKENS].begin(integration.client_id, code.person, scopes)
    if "openid" in scopes:
        answer["id_token"] = id_token(app, code, str(answer["access_token"]), app[CLOCK].now())
    return answer


def _refresh(request: web.Request, integration: Integration, form: Form) -> Answer:
    value = _needed(form, "refresh_token")
    try:
        return request.app[TOKENS].refresh(value, integration.client_id)
    except InvalidRefreshTokenError:
        raise WebexError(
            400, "The refresh token provided is expired, revoked, malformed, or invalid."
        ) from None

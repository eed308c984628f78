"""The token endpoint, as webexapis.com and as idbroker.webex.com have it."""

from collections.abc import Mapping

from aiohttp import web

from webex_sandbox.answers import json_answer
from webex_sandbox.bodies import read_form
from webex_sandbox.clock import CLOCK
from webex_sandbox.confidential import CONFIDENTIAL, Confidential
from webex_sandbox.errors import IdbrokerError, WebexError, challenge
from webex_sandbox.sign_in.client import authenticated
from webex_sandbox.sign_in.codes import CODES, Code
from webex_sandbox.sign_in.integrations import Integration
from webex_sandbox.sign_in.oidc import id_token
from webex_sandbox.sign_in.policy import POLICY
from webex_sandbox.sign_in.tokens import TOKENS, Answer, InvalidRefreshTokenError

Form = Mapping[str, str]


async def access_token(request: web.Request) -> web.Response:
    """Turn a code or a refresh token into an access token (RFC 6749 sections 4.1.3 and 6).

    Raises:
        WebexError: 401 for wrong client credentials, 400 for everything else.

    """
    try:
        return await _answered(request)
    except IdbrokerError as refusal:
        raise WebexError(
            refusal.status, refusal.description, headers=challenge(refusal.status)
        ) from None


async def access_token_of_idbroker(request: web.Request) -> web.Response:
    """Do the same for Cisco's Node SDK, which asks idbroker and gets its dialect.

    Raises:
        IdbrokerError: as above.

    """
    return await _answered(request)


async def _answered(request: web.Request) -> web.Response:
    form = await _form(request)
    integration = authenticated(request, form)
    grant_type = _needed(form, "grant_type")
    if grant_type == "authorization_code":
        answer = _exchange(request, integration, form)
    elif grant_type == "refresh_token":
        answer = _refresh(request, integration, form)
    else:
        raise IdbrokerError(400, "unsupported_grant_type", "The grant_type is not supported.")
    _remember(request.app[CONFIDENTIAL], form, answer)
    omitted = request.app[POLICY].omit
    return json_answer({name: value for name, value in answer.items() if name not in omitted})


def _remember(confidential: Confidential, form: Form, answer: Answer) -> None:
    confidential.add("code_verifier", form.get("code_verifier"))
    for name in ("access_token", "refresh_token", "id_token"):
        confidential.add(name, answer.get(name))


async def _form(request: web.Request) -> Form:
    if request.content_type != "application/x-www-form-urlencoded":
        raise WebexError(415, "The content type must be application/x-www-form-urlencoded.")
    fields = await read_form(request)
    if len(fields) != len(set(fields)):
        raise IdbrokerError(400, "invalid_request", "A parameter is repeated.")
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _needed(form: Form, name: str) -> str:
    value = form.get(name)
    if not value:
        raise IdbrokerError(400, "invalid_request", f"There is no {name} in the body.")
    return value


def _exchange(request: web.Request, integration: Integration, form: Form) -> Answer:
    code = request.app[CODES].take(_needed(form, "code"))
    if code is None or code.request.integration.client_id != integration.client_id:
        raise _invalid_grant("The code is invalid, expired, or has been used already.")
    problem = code.problem(form.get("redirect_uri", ""), form.get("code_verifier", ""))
    if problem:
        raise _invalid_grant(problem)
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
        raise _invalid_grant(
            "The refresh token provided is expired, revoked, malformed, or invalid."
        ) from None


def _invalid_grant(description: str) -> IdbrokerError:
    return IdbrokerError(400, "invalid_grant", description)

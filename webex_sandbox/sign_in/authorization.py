"""The authorization request (RFC 6749 section 4.1.1, RFC 7636, OpenID Connect Core 3.1.2.1)."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from multidict import MultiMapping

from webex_sandbox.scopes import UNREGISTERED_SCOPES
from webex_sandbox.sign_in.integrations import Integration, Integrations
from webex_sandbox.sign_in.policy import TokenPolicy

# Without a method it is plain (RFC 7636 section 4.3).
_PLAIN = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CODE_CHALLENGES = {"S256": re.compile(r"[A-Za-z0-9_-]{43}"), "plain": _PLAIN, None: _PLAIN}
_PROMPTS = {"", "none", "login", "consent", "select_account"}


class UnusableRequestError(Exception):
    """Nothing can be sent back to the integration, so the person gets a page."""


class RefusedRequestError(Exception):
    """The integration gets the refusal by a redirect."""

    def __init__(self, location: str) -> None:
        super().__init__("The authorization request was refused.")
        self.location = location


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    integration: Integration
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    names_redirect_uri: bool
    """Whether the request itself named the one registered redirect URI, or left it out."""
    code_challenge: str
    code_challenge_method: str
    nonce: str
    prompt: str
    login_hint: str
    max_age: int | None

    def answer(self, **parameters: str) -> str:
        """Give the address of the integration that takes the answer, with state echoed."""
        return _answer(self.redirect_uri, self.state, **parameters)


def parse(
    query: MultiMapping[str], integrations: Integrations, policy: TokenPolicy
) -> AuthorizationRequest:
    """Understand and check an authorization request.

    Raises:
        UnusableRequestError: the client or its redirect URI is not registered (RFC 6749 4.1.2.1).
        RefusedRequestError: anything else is wrong.

    """
    integration, redirect_uri = _registered(query, integrations)
    state = query.get("state", "")
    problem = _problem(query, integration, policy)
    if problem:
        error, description = problem
        raise RefusedRequestError(
            _answer(redirect_uri, state, error=error, error_description=description)
        )
    max_age = query.get("max_age", "")
    return AuthorizationRequest(
        integration=integration,
        redirect_uri=redirect_uri,
        scopes=_scopes(query),
        state=state,
        names_redirect_uri="redirect_uri" in query,
        code_challenge=query.get("code_challenge", ""),
        code_challenge_method=query.get("code_challenge_method") or "plain",
        nonce=query.get("nonce", ""),
        prompt=query.get("prompt", ""),
        login_hint=query.get("login_hint", ""),
        max_age=int(max_age) if max_age else None,
    )


def _registered(query: MultiMapping[str], integrations: Integrations) -> tuple[Integration, str]:
    doubled = sorted({name for name in query if len(query.getall(name)) > 1})
    if doubled:
        raise UnusableRequestError(f"The request repeats a parameter: {', '.join(doubled)}.")
    integration = integrations.find(query.get("client_id", ""))
    if integration is None:
        raise UnusableRequestError("No integration is registered with this client_id.")
    redirect_uri = query.get("redirect_uri", "")
    if not redirect_uri and len(integration.redirect_uris) == 1:
        return integration, integration.redirect_uris[0]
    if redirect_uri not in integration.redirect_uris:
        raise UnusableRequestError(
            "The redirect_uri is not one of those registered for this integration."
        )
    return integration, redirect_uri


def _scopes(query: MultiMapping[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(query.get("scope", "").split()))


def _problem(
    query: MultiMapping[str], integration: Integration, policy: TokenPolicy
) -> tuple[str, str] | None:
    if query.get("response_type") != "code":
        return "unsupported_response_type", "Only response_type=code is supported."
    scopes = _scopes(query)
    if not scopes or not (integration.scopes | UNREGISTERED_SCOPES).issuperset(scopes):
        return "invalid_scope", "The requested scope is invalid, unknown, or malformed."
    if policy.nonce_required and "openid" in scopes and not query.get("nonce"):
        return "invalid_request", "A nonce is required with the scope openid."
    return _pkce_problem(query) or _openid_problem(query)


def _pkce_problem(query: MultiMapping[str]) -> tuple[str, str] | None:
    challenge, method = query.get("code_challenge"), query.get("code_challenge_method")
    if challenge is None and method is None:
        return None
    if method not in _CODE_CHALLENGES:
        return "invalid_request", "The code_challenge_method must be S256 or plain."
    if not _CODE_CHALLENGES[method].fullmatch(challenge or ""):
        return "invalid_request", "The code_challenge is malformed."
    return None


def _openid_problem(query: MultiMapping[str]) -> tuple[str, str] | None:
    if query.get("prompt", "") not in _PROMPTS:
        return "invalid_request", "The prompt is not supported."
    max_age = query.get("max_age", "")
    if max_age and not (max_age.isascii() and max_age.isdigit()):
        return "invalid_request", "The max_age is not a number of seconds."
    return None


def _answer(redirect_uri: str, state: str, **parameters: str) -> str:
    if state:
        parameters["state"] = state
    # A registered redirect URI is kept to the letter, whatever it already carries.
    return redirect_uri + ("&" if "?" in redirect_uri else "?") + urlencode(parameters)

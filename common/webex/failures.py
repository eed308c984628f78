"""What a person is told when Webex fails, or knows somebody who may not be here: for both services."""

from common.failures import SIGN_IN_AGAIN, Failure, Misconfigured, Refused, SignInAgain, TryLater
from common.webex.http import (
    WebexError,
    WebexMalformed,
    WebexRefusal,
    WebexSlow,
    WebexUnreachable,
)

OTHER_ACCOUNT = ("Use another account", "/login?prompt=select_account")
SUPPORT = "If it stays like this, Webex support can look the tracking id up."


def failure_of(error: WebexError, *, doing: str, again: str) -> Failure:
    """Translate by kind and status, never by text.

    `doing` completes "Webex … while ", `again` is the path that tries once more.
    """
    failure = _translate(error, doing)
    failure.tracking_id = error.tracking_id
    if error.tracking_id:
        failure.what_to_check += (SUPPORT,) if isinstance(failure, TryLater) else ()
    failure.way_on = SIGN_IN_AGAIN if isinstance(failure, SignInAgain) else ("Try again", again)
    return failure


def not_admitted(contact: str) -> Failure:
    """For somebody whom no list of the settings has; `contact` says whom to ask."""
    return Refused(
        title="This account may not sign in here",
        what_happened=(
            "Webex knows you, and this site lets in certain people only. This account gets no session "
            "here, and Webex is told to end this site's access to it."
        ),
        what_to_check=(
            "Have you another Webex account, of your work for example? Use that one.",
            f"To be let in, ask {contact}.",
        ),
        status=403,
        slug="not_admitted",
        way_on=OTHER_ACCOUNT,
    )


def _translate(error: WebexError, doing: str) -> Failure:
    match error:
        case WebexSlow():
            return _later(
                504, "webex_slow", "Webex takes too long", f"did not answer in time while {doing}"
            )
        case WebexUnreachable():
            failure = _later(
                502,
                "webex_unreachable",
                "Webex cannot be reached",
                f"could not be reached while {doing}",
            )
            failure.what_to_check, failure.why = (error.why.what_to_check,), error.why.word
            return failure
        case WebexMalformed():
            return _later(
                502,
                "webex_malformed",
                "Webex gave an unreadable answer",
                f"sent something unexpected while {doing}",
            )
        case WebexRefusal():
            return _refusal(error, doing)
    return _failed(f"failed while {doing}")


def _refusal(error: WebexRefusal, doing: str) -> Failure:
    if error.status == 401:
        return SignInAgain(
            title="Webex does not accept this sign-in any more",
            what_happened=f"Webex answered 401 while {doing}: the access token is not valid any more.",
            what_to_check=("Sign in again; nothing else is needed.",),
            status=401,
            slug="webex_401",
        )
    if error.status == 403:
        return Misconfigured(
            title="Webex does not allow this",
            what_happened=f"Webex answered 403 while {doing}: a scope is missing, or a policy forbids it.",
            what_to_check=(
                "Is the scope that this needs registered for the integration, and in SCOPES?",
                "Does the organisation allow this integration?",
            ),
            status=403,
            slug="webex_403",
        )
    if error.status in (423, 429):
        busy = _later(
            503, "webex_busy", "Webex asks for patience", f"asked to slow down while {doing}"
        )
        busy.retry_after = error.retry_after
        return busy
    return _failed(f"answered {error.status} while {doing}")


def _failed(happened: str) -> TryLater:
    return _later(502, "webex_failed", "Webex had a problem", happened)


def _later(status: int, slug: str, title: str, happened: str) -> TryLater:
    return TryLater(
        title=title,
        what_happened=f"Webex {happened}.",
        what_to_check=("Try again in a moment.", "Is Webex having an incident?"),
        status=status,
        slug=slug,
        retry_after=5 if status in (503, 504) else None,
    )

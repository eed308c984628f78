"""What auth_service alone counts: sign-ins, refreshes and bindings, by how they ended.

How counting works stands in common.telemetry.metrics.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter

from common.failures import Failure

SIGN_INS_STARTED = Counter("oauth_sign_ins_started", "Browsers sent to Webex to sign in.")
SIGN_INS = Counter("oauth_sign_ins", "Callbacks from Webex, by how they ended.", ["outcome"])
REFRESHES = Counter("oauth_refreshes", "Refreshes of a token, by how they ended.", ["outcome"])
BINDINGS = Counter("session_bindings", "Requests of browsers about a session's key.", ["outcome"])

# There from the start: to an alert, a number that appears has not grown.
for _outcome in ("signed_in", "exchange_401"):
    SIGN_INS.labels(_outcome)
for _outcome in ("renewed", "refresh_misconfigured"):
    REFRESHES.labels(_outcome)
for _outcome in ("registered", "renewed", "asked_again", "over", "tried"):
    BINDINGS.labels(_outcome)


@contextmanager
def sign_in_counted() -> Iterator[None]:
    """Count the callback that is handled inside by its outcome: a failure's slug, or signed_in."""
    outcome = "unforeseen"
    try:
        yield
        outcome = "signed_in"
    except Failure as failure:
        outcome = failure.slug
        raise
    finally:
        SIGN_INS.labels(outcome).inc()


def count_refresh(error: BaseException | None) -> None:
    """Count a refresh by its outcome: a failure's slug, or renewed."""
    outcome = "renewed" if error is None else "unforeseen"
    REFRESHES.labels(error.slug if isinstance(error, Failure) else outcome).inc()

"""What auth_service alone counts: sign-ins, refreshes and bindings, by how they ended.

How counting works stands in common.telemetry.metrics.
"""

from functools import cache

from prometheus_client import Counter

from common.failures import Failure
from common.telemetry.metrics import count

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


class SignInCounted:
    """Counts the callback that is handled inside by its outcome: a failure's slug, or signed_in.

    Not made by contextlib, whose generator takes longer than the count.
    """

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        count(_sign_ins(_word(error, "signed_in")))


def count_refresh(error: BaseException | None) -> None:
    """Count a refresh by its outcome: a failure's slug, or renewed."""
    REFRESHES.labels(_word(error, "renewed")).inc()


def _word(error: BaseException | None, well: str) -> str:
    if error is None:
        return well
    return error.slug if isinstance(error, Failure) else "unforeseen"


# Finding a child by its labels costs more than counting in it.
_sign_ins = cache(SIGN_INS.labels)

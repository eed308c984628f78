"""What can go wrong, as a small tree: each kind is something a caller or a person can act on.

Raised anywhere below a handler; `common.web.failure_pages` turns it into a page or a problem+json answer.
Texts here are shown to people: no token, code, state, e-mail address or stack trace belongs in them.
"""

from dataclasses import dataclass

HOME = ("Back to the home page", "/")
# An empty address is the page itself.
HERE_AGAIN = ("Try again", "")
SIGN_IN_AGAIN = ("Start OAuth flow again", "/login")


@dataclass
class Failure(Exception):
    """A failure with everything its page needs.

    `tracking_id` is Webex's, for a support case; `retry_after` is in seconds; `way_on` is a label and a
    path of ours.
    """

    title: str
    what_happened: str
    what_to_check: tuple[str, ...] = ()
    status: int = 500
    slug: str = "failure"
    way_on: tuple[str, str] = HOME
    tracking_id: str | None = None
    retry_after: int | None = None

    def __str__(self) -> str:
        return self.slug


class Refused(Failure):
    """The request cannot be answered as it is; repeating it changes nothing."""


class SignInAgain(Failure):
    """Only a new sign-in helps."""


class Misconfigured(Failure):
    """Only the operator can help: a setting here or a registration at Webex is wrong."""


class TryLater(Failure):
    """Nothing is lost; the same request can succeed in a while."""

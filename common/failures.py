"""What can go wrong, as a small tree: each kind is something a caller or a person can act on.

Raised anywhere below a handler; `common.web.failure_pages` turns it into a page or a problem+json answer.
Whatever more than one place has to say is said here, once for each slug.
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
    path of ours; `why` is a word where one slug has several reasons (common.webex.unreachable).
    """

    title: str
    what_happened: str
    what_to_check: tuple[str, ...] = ()
    status: int = 500
    slug: str = "failure"
    way_on: tuple[str, str] = HOME
    tracking_id: str | None = None
    retry_after: int | None = None
    why: str | None = None

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


def bad_request(way_on: tuple[str, str] = HOME) -> Failure:
    return Refused(
        title="This request is not valid",
        what_happened="The server could not make sense of it.",
        status=400,
        slug="bad_request",
        way_on=way_on,
    )


def not_found() -> Failure:
    return Refused(
        title="There is no such page",
        what_happened="Nothing answers at this address.",
        status=404,
        slug="not_found",
    )


def method_not_allowed() -> Failure:
    return Refused(
        title="This is not how this page is used",
        what_happened="The page does not answer this kind of request.",
        status=405,
        slug="method_not_allowed",
    )


def too_large() -> Failure:
    return Refused(
        title="The request is too large",
        what_happened="More was sent than this page accepts.",
        status=413,
        slug="too_large",
    )


def cross_site(way_on: tuple[str, str] = HOME) -> Failure:
    return Refused(
        title="This request came from another site",
        what_happened="This works from the pages of this site only. Nothing was changed.",
        what_to_check=("Did a page elsewhere send you here? Go on from this site's own page.",),
        status=403,
        slug="cross_site",
        way_on=way_on,
    )


def embedding_off() -> Failure:
    return Misconfigured(
        title="Nothing is shown in other pages",
        what_happened="EMBED_ORIGINS is empty, which is how it starts.",
        what_to_check=(
            "Whoever runs this site lists there whose pages may show it, as in https://portal.example.",
        ),
        status=404,
        slug="embedding_off",
    )


def too_slow() -> Failure:
    return Failure(
        title="The request took too long",
        what_happened="Your browser did not send the whole request in time.",
        status=408,
        slug="request_timeout",
        way_on=HERE_AGAIN,
    )


def not_signed_in() -> Failure:
    return SignInAgain(
        title="Not signed in",
        what_happened="There is no session for this request, or it has ended.",
        status=401,
        slug="not_signed_in",
        way_on=("Start OAuth flow", "/login"),
    )


def session_ended() -> Failure:
    return SignInAgain(
        title="Your sign-in has ended",
        what_happened="The session was ended, or Webex does not renew its access token any more.",
        what_to_check=("Sign in again; nothing else is needed.",),
        status=401,
        slug="session_ended",
        way_on=("Start OAuth flow", "/login"),
    )


def unforeseen() -> Failure:
    return Failure(
        title="Something went wrong",
        what_happened="The server made a mistake. It has been logged.",
        what_to_check=(
            "Try again. If it happens again, tell whoever runs this site the reference.",
        ),
        slug="unforeseen",
    )

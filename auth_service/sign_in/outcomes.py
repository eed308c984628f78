"""Every way a sign-in can end other than well, as a failure with a page of its own."""

from urllib.parse import urlencode

from auth_service.oauth.flow import SELECT_ACCOUNT
from auth_service.sign_in.embedding import SIGN_IN as EMBED_SIGN_IN
from auth_service.sign_in.embedding import confirm_path, embedding_origin
from auth_service.sign_in.return_path import LANDING
from common.failures import (
    HERE_AGAIN,
    HOME,
    SIGN_IN_AGAIN,
    Failure,
    Misconfigured,
    Refused,
    SignInAgain,
    TryLater,
)
from common.webex import failures
from common.webex.failures import failure_of
from common.webex.http import WebexError, WebexRefusal

EXCHANGE = "exchanging the authorization code"
PERSON = "asking who signed in"


def login_path(next_path: str = "/", **query: str) -> str:
    """The path that starts a new sign-in which keeps `next`."""
    if next_path != "/":
        query["next"] = next_path
    return f"/login?{urlencode(query)}" if query else "/login"


def again(next_path: str) -> tuple[str, str]:
    """The way on to a new sign-in."""
    origin = embedding_origin(next_path)
    return ("Start OAuth flow again", _embed_path(origin) if origin else login_path(next_path))


def _embed_path(origin: str) -> str:
    return f"{EMBED_SIGN_IN}?{urlencode({'origin': origin})}"


def malformed_callback() -> Failure:
    return Refused(
        title="This is not a valid callback",
        what_happened=(
            "This address is where Webex sends you after a sign-in. The request lacks a parameter, "
            "has one twice, or has one that is too long."
        ),
        what_to_check=("Start from the home page; do not bookmark this address.",),
        status=400,
        slug="malformed_callback",
        way_on=SIGN_IN_AGAIN,
    )


def cookies_blocked() -> Failure:
    return SignInAgain(
        title="Your browser did not send the sign-in cookie",
        what_happened=(
            "A sign-in is tied to the browser that started it by a cookie. None arrived, so this "
            "sign-in cannot be finished."
        ),
        what_to_check=(
            "Are cookies blocked for this site? They are needed to sign in.",
            "Did you start in another browser, or in a private window?",
            "Do you use the address that the site was set up with, for example localhost, not 127.0.0.1?",
        ),
        status=400,
        slug="cookies_blocked",
        way_on=SIGN_IN_AGAIN,
    )


def foreign_sign_in() -> Failure:
    return SignInAgain(
        title="This sign-in was not started in this browser",
        what_happened=(
            "The callback does not belong to any sign-in of this browser, so nothing was done with "
            "it. Nobody was signed in or out."
        ),
        what_to_check=(
            "Did somebody send you this link? Then close this page.",
            "Did you start in another browser, or a long time ago?",
            "Did you start at another address of this site, such as 127.0.0.1 instead of localhost?",
        ),
        status=400,
        slug="foreign_sign_in",
        way_on=SIGN_IN_AGAIN,
    )


def expired_sign_in(next_path: str) -> Failure:
    return SignInAgain(
        title="This sign-in took too long",
        what_happened="More than ten minutes passed between the start and the return from Webex.",
        what_to_check=("Start again; you will come back to the page you wanted.",),
        status=400,
        slug="expired_sign_in",
        way_on=again(next_path),
    )


USED = (
    "A callback is good once. This one arrived before, and you are not signed in.",
    "Was the page loaded again, or opened from the history? Start again.",
)
USED_BUT_SIGNED_IN = (
    "You came back from Webex once more, and a sign-in is good once. You are signed in as before.",
    "Did you choose another account at Webex? Start again and choose it.",
)


def used_sign_in(next_path: str, *, signed_in: bool = False) -> Failure:
    """A callback whose sign-in is over, whether it is the same callback or another one."""
    what_happened, what_to_check = USED_BUT_SIGNED_IN if signed_in else USED
    return SignInAgain(
        title="This sign-in was already used",
        what_happened=what_happened,
        what_to_check=(what_to_check,),
        status=400,
        slug="used_sign_in",
        way_on=again(next_path),
    )


def only_a_guess() -> Failure:
    """A browser's guess of where somebody goes next (Sec-Purpose: prefetch) must begin and use up nothing."""
    return TryLater(
        title="This page is not fetched in advance",
        what_happened="It starts or finishes a sign-in, which only a person does.",
        status=503,
        slug="only_a_guess",
        way_on=HERE_AGAIN,
    )


def scope_not_offered() -> Failure:
    return Refused(
        title="This permission is not offered here",
        what_happened="The link asks for a scope that this integration never asks for.",
        what_to_check=("Whoever runs this site lists what may be asked for in SCOPES_MAX.",),
        status=400,
        slug="scope_not_offered",
    )


class SignOutUnfinished(TryLater):
    """The store did not let the session be ended; it is tried again."""

    def __init__(self, *, revoked: bool) -> None:
        webex = "Webex was asked to end its access" if revoked else "Webex could not be told yet"
        super().__init__(
            title="You are signed out of this browser, and nowhere else yet",
            what_happened=(
                "This browser has forgotten your session. The store that keeps the session did not let "
                f"us end it, and {webex}. It is tried again for an hour, and whenever this browser "
                "comes back; at the latest the session ends when it has not been used for a while."
            ),
            what_to_check=("Is this a browser that others use? Come back in a moment.",),
            status=503,
            slug="sign_out_unfinished",
            # Another tab may have signed in meanwhile, whose cookie this answer takes.
            way_on=(HOME[0], LANDING),
            retry_after=5,
        )


def nothing_ended() -> Failure:
    return TryLater(
        title="Nothing has ended yet",
        what_happened="The store that keeps the sessions did not let us end any. They go on as they were.",
        what_to_check=("Try again in a moment, and look at the list afterwards.",),
        status=503,
        slug="nothing_ended",
        way_on=("Where you are signed in", "/sessions"),
        retry_after=5,
    )


def not_embedded_there() -> Failure:
    return Refused(
        title="This site is not shown in that page",
        what_happened="The page that opened this window is not among those that may show this site.",
        what_to_check=(
            "Whoever runs this site lists them in EMBED_ORIGINS, letter by letter as the browser shows them.",
            "A page that tells nobody its own address (Referrer-Policy: no-referrer) cannot be recognised.",
        ),
        status=403,
        slug="not_embedded_there",
    )


def nothing_to_embed(origin: str | None = None) -> Failure:
    """Whoever came here has signed in for no frame, too long ago, or has pressed already."""
    return SignInAgain(
        title="There is nothing to allow here",
        what_happened=(
            "This window is for a sign-in that another site's page asked for. There is none, it was more "
            "than a minute ago, or that page has what it asked for."
        ),
        what_to_check=("Close this window, and go on in the page that opened it.",),
        status=403,
        slug="nothing_to_embed",
        way_on=again(confirm_path(origin)) if origin else HOME,
    )


def code_not_valid() -> Failure:
    return SignInAgain(
        title="Press once more",
        what_happened="What the other window gave is used up, or too old.",
        status=400,
        slug="code_not_valid",
    )


def malformed_internal() -> Failure:
    return Refused(
        title="This is not a valid request of the app service",
        what_happened="The body must be a JSON object with the members ticket and, to refresh, seen.",
        status=400,
        slug="malformed_internal",
    )


def refused_at_webex(error: str, next_path: str) -> Failure:
    """What Webex said instead of a code (RFC 6749 section 4.1.2.1, and what Webex adds)."""
    way_on = again(next_path)
    match error:
        case "access_denied":
            return Refused(
                title="You declined",
                what_happened="You declined at Webex, so this integration got no access to anything.",
                what_to_check=("Changed your mind? Start again and accept.",),
                status=403,
                slug="declined",
                way_on=way_on,
            )
        case "invalid_scope":
            return Misconfigured(
                title="Webex does not know a scope that was asked for",
                what_happened="Webex answered invalid_scope: SCOPES and the registration differ.",
                what_to_check=(
                    "Is every scope in SCOPES ticked at the integration's registration at Webex?",
                    "Are the scopes separated by single spaces?",
                ),
                status=400,
                slug="invalid_scope",
                way_on=way_on,
            )
        case "server_error" | "temporarily_unavailable":
            return Refused(
                title="Webex had a problem",
                what_happened=f"Webex answered {error} instead of signing you in.",
                what_to_check=("Try again in a moment.", "Is Webex having an incident?"),
                status=502,
                slug="server_error",
                way_on=way_on,
            )
        case "login_required":
            return SignInAgain(
                title="Webex wants you to sign in",
                what_happened="You are not signed in at Webex, and no page to do so was shown.",
                what_to_check=("Start again, and sign in when Webex asks you to.",),
                status=401,
                slug="login_required",
                way_on=way_on,
            )
    return Refused(
        title="Webex did not sign you in",
        what_happened="Webex sent you back with an error that this integration does not know.",
        what_to_check=("Start again.", "Is the integration's registration at Webex complete?"),
        status=400,
        slug="authorization_failed",
        way_on=way_on,
    )


def exchange_failed(error: WebexError, next_path: str) -> Failure:
    """What came of the token request (Webex: 400 for a bad code, 401 for a wrong secret)."""
    failure = _refused_exchange(error) or failure_of(error, doing=EXCHANGE, again="")
    failure.tracking_id = error.tracking_id
    failure.way_on = again(next_path)
    return failure


def proof_missing(next_path: str) -> Failure:
    return Refused(
        title="Webex sent no proof of who you are",
        what_happened=(
            "This site wants to know when you last signed in at Webex. What Webex sent about it is "
            "missing, or does not belong to this sign-in."
        ),
        what_to_check=(
            "Start again.",
            "Is the scope openid ticked at the integration's registration at Webex?",
        ),
        status=502,
        slug="proof_missing",
        way_on=again(next_path),
    )


def proof_too_old(next_path: str) -> Failure:
    return SignInAgain(
        title="Sign in at Webex once more",
        what_happened="It is too long ago that you showed Webex who you are, and Webex did not ask again.",
        what_to_check=("Sign out at Webex, then start again.",),
        status=403,
        slug="proof_too_old",
        way_on=again(next_path),
    )


def person_failed(error: WebexError, next_path: str) -> Failure:
    failure = failure_of(error, doing=PERSON, again="")
    failure.way_on = again(next_path)
    return failure


def not_admitted(contact: str, next_path: str) -> Failure:
    failure = failures.not_admitted(contact)
    label, _ = failure.way_on
    failure.way_on = (label, login_path(next_path, prompt=SELECT_ACCOUNT))
    return failure


def _refused_exchange(error: WebexError) -> Failure | None:
    if not isinstance(error, WebexRefusal):
        return None
    if error.status == 400:
        return SignInAgain(
            title="Webex refused the authorization code",
            what_happened="Webex answered 400 to the code that came back with you.",
            what_to_check=(
                "Is REDIRECT_URI exactly, letter by letter, a redirect URI of the integration?",
                "Was the code used before, or is it older than a few minutes? Start again.",
                "Is CLIENT_SECRET the secret, and not the integration's id?",
            ),
            status=400,
            slug="exchange_400",
        )
    if error.status == 401:
        return Misconfigured(
            title="Webex does not accept this integration's secret",
            what_happened="Webex answered 401 to the token request: client id and secret do not match.",
            what_to_check=(
                "Are CLIENT_ID and CLIENT_SECRET from the same integration?",
                "Was the secret regenerated at Webex? Then the old one is dead.",
            ),
            status=500,
            slug="exchange_401",
        )
    return None

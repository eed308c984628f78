"""What a person is told when the space, the bot or a message stands in the way."""

from common.failures import Failure, Misconfigured, Refused, TryLater, bad_request, cross_site
from common.webex.failures import failure_of
from common.webex.http import WebexError, WebexRefusal

AGAIN = ("Try again", "/widget")
BACK = ("Back to the space", "/widget")
# Webex's limit for one message, in bytes of UTF-8 (documentation of POST /messages).
MAX_MESSAGE_BYTES = 7439


def no_space() -> Failure:
    return Misconfigured(
        title="No space is configured",
        what_happened="SPACE_ID is not set, so there is no conversation to show here.",
        what_to_check=(
            "Whoever runs this site sets SPACE_ID to the id of a space, and restarts.",
            "The id is in the answer of GET /rooms at developer.webex.com.",
            "BOT_TOKEN is the token of a bot that is in this space; it lets people in.",
        ),
        status=503,
        slug="no_space",
    )


def no_bot() -> Failure:
    return Misconfigured(
        title="You are not in the space, and no bot can add you",
        what_happened="Webex does not show you this space, and BOT_TOKEN is not set.",
        what_to_check=(
            "Whoever runs this site sets BOT_TOKEN to the token of a bot that is in the space.",
            "Or somebody who is in the space adds you in Webex; then this page works for you.",
        ),
        status=503,
        slug="no_bot",
        way_on=AGAIN,
    )


def bot_failed(error: WebexError) -> Failure:
    """Why the bot could not add the person: by status, as the texts are for people."""
    status = error.status if isinstance(error, WebexRefusal) else None
    made = {401: _bot_refused, 403: _moderated, 404: _bot_outside, 400: _bot_outside}.get(
        status or 0
    )
    if made is None:
        return failure_of(error, doing="adding you to the space", again="/widget")
    failure = made()
    failure.tracking_id = error.tracking_id
    return failure


def not_a_member() -> Failure:
    return Refused(
        title="You are not in this space",
        what_happened="Webex does not show it to you.",
        what_to_check=(
            "Have you been on the space's page? A bot lets people in there.",
            "Did you leave the space, or did a moderator remove you? The bot can add you once more.",
        ),
        status=403,
        slug="not_a_member",
        way_on=("Let the bot add me", "/widget?again=1"),
    )


def no_such_space() -> Failure:
    """The same for whoever is not in it and where there is none: nobody learns which."""
    return Refused(
        title="This space is not among yours",
        what_happened="Webex does not show it to you: you are not in it, or it is not there.",
        what_to_check=(
            "Did you leave the space, or did a moderator remove you?",
            "A space that Webex moves to another region gets another address: your list has it.",
        ),
        status=404,
        slug="no_such_space",
        way_on=("Your spaces", "/spaces"),
    )


def space_gone() -> Failure:
    return Misconfigured(
        title="The space cannot be found",
        what_happened="Neither you nor the bot can see the space that SPACE_ID names.",
        what_to_check=(
            "Was the space deleted, or its id mistyped? Then SPACE_ID must change.",
            "Was the bot removed from the space? Then somebody adds it again in Webex.",
        ),
        status=503,
        slug="space_gone",
        way_on=AGAIN,
    )


def too_long(size: int) -> Failure:
    return Refused(
        title="The message is too long",
        what_happened=(
            f"It has {size} bytes; Webex takes at most {MAX_MESSAGE_BYTES}. "
            "A letter with an accent takes two bytes, an emoji four or more."
        ),
        status=422,
        slug="message_too_long",
        way_on=BACK,
    )


def empty() -> Failure:
    return Refused(
        title="The message is empty",
        what_happened="There is nothing to send.",
        status=422,
        slug="message_empty",
        way_on=BACK,
    )


def not_valid() -> Failure:
    return bad_request(BACK)


def forged() -> Failure:
    return cross_site(BACK)


def somebody_else() -> Failure:
    """What was typed as one person must not go out under the name of another."""
    return Refused(
        title="Somebody else has signed in",
        what_happened=(
            "This page was opened by another person than the one who is signed in in this browser now."
        ),
        what_to_check=("Opened again, the page sends as whoever is signed in.",),
        status=409,
        slug="somebody_else",
        way_on=BACK,
    )


def not_found() -> Failure:
    return Refused(
        title="This is not in the space",
        what_happened="The message or file was deleted, or belongs to another space.",
        status=404,
        slug="not_in_space",
        way_on=BACK,
    )


def file_withheld(status: int) -> Failure:
    """Webex scans files; statuses are those of its guide "Message Attachments"."""
    if status == 423:
        return TryLater(
            title="The file is being checked",
            what_happened="Webex is still looking for malware in it.",
            status=503,
            slug="file_being_checked",
            retry_after=10,
            way_on=BACK,
        )
    return Refused(
        title="Webex does not hand this file out",
        what_happened=f"Webex answered {status}: it holds the file for unsafe, or cannot check it.",
        status=403,
        slug="file_withheld",
        way_on=BACK,
    )


def too_many_downloads() -> Failure:
    return TryLater(
        title="Too many downloads at once",
        what_happened="Others that you started have not ended yet.",
        status=429,
        slug="too_many_downloads",
        retry_after=10,
        way_on=BACK,
    )


def too_many_uploads() -> Failure:
    return TryLater(
        title="Too many files at once",
        what_happened="Others that you are sending have not arrived yet.",
        status=429,
        slug="too_many_uploads",
        retry_after=10,
        way_on=BACK,
    )


def file_over_limit() -> Failure:
    return Refused(
        title="The file is too large",
        what_happened="Webex takes files of up to 100 MB.",
        status=413,
        slug="file_over_limit",
        way_on=BACK,
    )


def upload_broken() -> Failure:
    return Refused(
        title="The file did not arrive whole",
        what_happened="The connection broke or stood still, or the file was changed meanwhile. "
        "Nothing was sent to the space.",
        status=400,
        slug="upload_broken",
        way_on=BACK,
    )


def sending_failed(error: WebexError) -> Failure:
    """Why a file could not be sent: some statuses mean another thing than for a message of words."""
    status = error.status if isinstance(error, WebexRefusal) else None
    if status == 413:
        failure = file_over_limit()
        failure.what_happened = "Webex answered 413: it takes no file of this size."
    elif status == 415:
        failure = _not_taken()
    elif status == 423 and isinstance(error, WebexRefusal):
        failure = _locked(error)
    else:
        return writing_failed(error)
    failure.tracking_id = error.tracking_id
    return failure


def file_too_large() -> Failure:
    return Refused(
        title="The file is too large to pass through here",
        what_happened="Open it in Webex instead.",
        status=502,
        slug="file_too_large",
        way_on=BACK,
    )


def writing_failed(error: WebexError) -> Failure:
    """Why a message could not be written, changed or deleted."""
    status = error.status if isinstance(error, WebexRefusal) else None
    if status == 403:
        failure: Failure = Refused(
            title="You may not write here",
            what_happened="Webex answered 403: the space is moderated, or for announcements only.",
            what_to_check=("Ask a moderator of the space.",),
            status=403,
            slug="may_not_write",
            way_on=BACK,
        )
    elif status == 404:
        failure = not_found()
    elif status == 400:
        failure = not_valid()
        failure.what_happened = "Webex answered 400: it does not take this message as it is."
    else:
        failure = failure_of(error, doing="writing to the space", again="/widget")
        if status is None:
            failure.what_happened += (
                " It may have been done all the same: look before you repeat it."
            )
        return failure
    failure.tracking_id = error.tracking_id
    return failure


def _not_taken() -> Failure:
    return Refused(
        title="Webex does not take this kind of file",
        what_happened="Webex answered 415.",
        status=422,
        slug="file_not_taken",
        way_on=BACK,
    )


def _locked(error: WebexRefusal) -> Failure:
    return TryLater(
        title="Webex cannot take the file right now",
        what_happened="Webex answered 423: what the file goes to is locked for a while.",
        status=503,
        slug="webex_locked",
        retry_after=error.retry_after,
        way_on=BACK,
    )


def _bot_refused() -> Failure:
    return Misconfigured(
        title="Webex does not accept the bot's token",
        what_happened="Webex answered 401 when the bot wanted to add you to the space.",
        what_to_check=(
            "Is BOT_TOKEN the bot's access token, whole, and not its id?",
            "Was a new one made at developer.webex.com? The old one is dead then.",
        ),
        status=503,
        slug="bot_refused",
        way_on=AGAIN,
    )


def _moderated() -> Failure:
    return Misconfigured(
        title="The bot may not add you to the space",
        what_happened="Webex answered 403: the space is moderated, or a policy forbids it.",
        what_to_check=(
            "Is the space moderated? Then the bot must be one of its moderators.",
            "Does your organisation, or the space's, forbid people from outside?",
        ),
        status=503,
        slug="space_moderated",
        way_on=AGAIN,
    )


def _bot_outside() -> Failure:
    return Misconfigured(
        title="The bot is not in the space",
        what_happened="Webex does not show the bot the space that SPACE_ID names.",
        what_to_check=(
            "Is SPACE_ID right? It is the long id of GET /rooms, not the space's title or link.",
            "Was the bot added to the space? Somebody in the space does that in Webex.",
            "Was the space deleted?",
        ),
        status=503,
        slug="bot_outside",
        way_on=AGAIN,
    )

"""A call that cannot be made a second time, as what it sends is gone by then: a person's file."""

import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web

from app_service.visitor.with_token import SETTLE_SECONDS, WithToken, has_ended, renewable
from common.failures import Failure, TryLater
from common.sessions.record import Session
from common.sessions.visitor import Visitor
from common.webex.http import WebexRefusal

T = TypeVar("T")


async def send_once(
    with_token: WithToken,
    visitor: Visitor,
    verb: Callable[[str], Awaitable[T]],
    *,
    for_seconds: int,
) -> T:
    """Run `verb(access_token)`; a token that does not last for so many seconds is renewed before.

    A 401 renews it for the next try, which is the person's: a Failure asks for it. Raises what the verb
    raises besides, or a Failure if the session cannot go on.
    """
    session = visitor.session
    if has_ended(session):
        session = await with_token.renewed(visitor.ticket, session)
    elif lasts_less_than(for_seconds, session):
        # The token at hand may be enough all the same.
        with contextlib.suppress(TryLater):
            session = await with_token.renewed(visitor.ticket, session)
    try:
        return await verb(session.tokens.access_token)
    except WebexRefusal as error:
        if error.status != web.HTTPUnauthorized.status_code:
            raise
    await with_token.renewed(visitor.ticket, session)
    raise _send_again()


def lasts_less_than(seconds: int, session: Session) -> bool:
    """Whether a token that can be renewed ends sooner; one that was renewed a moment ago is left alone."""
    ends_at = session.tokens.access_ends_at
    settling = time.time() - session.written_at < SETTLE_SECONDS
    if ends_at is None or settling or not renewable(session):
        return False
    return ends_at - time.time() < seconds


def _send_again() -> Failure:
    return TryLater(
        title="This has to be sent again",
        what_happened="Webex did not accept the access token. It has been renewed meanwhile.",
        status=503,
        slug="send_again",
        retry_after=1,
    )

"""GET /sessions and POST /sessions/end: where I am signed in, and an end to what I do not know."""

import time

from aiohttp import web

from auth_service.binding.bindings import Marks
from auth_service.binding.handlers import BINDER
from auth_service.handlers import logout, see_other
from auth_service.sessions.of_person import PersonSession, PersonSessions
from auth_service.sessions.visitor_sessions import VisitorSessions
from auth_service.sessions.words import ago, browser_name, span
from auth_service.settings_key import SETTINGS
from auth_service.sign_in.outcomes import nothing_ended
from common.failures import cross_site, not_signed_in
from common.sessions.bound_cookie import NotProven
from common.sessions.cookies import COOKIES
from common.sessions.reader import SessionReader
from common.sessions.record import Session
from common.sessions.ticket import Ticket
from common.store.access import StoreUnavailable
from common.web.asker import is_program
from common.web.from_our_pages import FormUnreadable, form_of, is_cross_site
from common.web.templating import render_page
from common.web.unproven import excuse, load_again

PERSON_SESSIONS = web.AppKey("PERSON_SESSIONS", PersonSessions)
VISITOR_SESSIONS = web.AppKey("VISITOR_SESSIONS", VisitorSessions)
SESSIONS = web.AppKey("SESSIONS", SessionReader)
HERE = "/sessions"
SIGN_IN = f"/login?next={HERE}"
OTHERS = "others"


async def sessions(request: web.Request) -> web.Response:
    """The person's sessions, this browser's first."""
    ticket, session = await _signed_in(request)
    if ticket is None or session is None:
        return _to_sign_in(request)
    browser = browser_name(request.headers.get("User-Agent", ""))
    found = await request.app[VISITOR_SESSIONS].seen_by(ticket, session, browser)
    found.sort(key=lambda other: other.handle != ticket.handle)
    marks = await request.app[BINDER].bindings.marks([other.handle for other in found])
    context = {
        "sessions": [
            _row(other, marks[other.handle], here=other.handle == ticket.handle) for other in found
        ],
        "others": len(found) > 1,
        "idle": span(request.app[SETTINGS].session_idle_seconds),
    }
    return render_page(request, "sessions.html", context)


async def end_sessions(request: web.Request) -> web.Response:
    """End the session named in the form, or all others. Ending this one is signing out."""
    if is_cross_site(request, request.app[SETTINGS].public_url):
        raise cross_site()
    ticket, session = await _signed_in(request)
    if ticket is None or session is None:
        return _to_sign_in(request)
    try:
        handle = str((await form_of(request)).get("session", ""))
    except FormUnreadable:
        raise web.HTTPBadRequest from None
    if handle == ticket.handle:
        return await logout(request)
    people = request.app[PERSON_SESSIONS]
    try:
        if handle == OTHERS:
            await people.end_all(session.person_id, except_for=ticket.handle)
        else:
            # Not one of theirs, or gone already: either way the list that follows shows what is there.
            await people.end(session.person_id, handle)
    except StoreUnavailable:
        raise nothing_ended() from None
    return see_other(request.app, HERE)


def _to_sign_in(request: web.Request) -> web.Response:
    """As app_service does it: a program is told, and a person is sent there and back."""
    if is_program(request):
        raise not_signed_in()
    return see_other(request.app, SIGN_IN)


async def _signed_in(request: web.Request) -> tuple[Ticket | None, Session | None]:
    cookies, sessions = request.app[COOKIES], request.app[SESSIONS]
    ticket = cookies.ticket(request)
    session = await sessions.load(ticket) if ticket else None
    if ticket is None or session is None:
        return None, None
    try:
        sessions.bound_cookies.check(ticket.handle, session, cookies.of_session(request)[1])
    except NotProven:
        load_again(request)
        await request.app[BINDER].note_tried(ticket)
        excuse(request)
        return None, None
    return ticket, session


def _row(session: PersonSession, marks: Marks, *, here: bool) -> dict[str, object]:
    last_seen = ago(session.last_seen_at)
    if not session.last_seen_exact:
        last_seen = f"within the last {span(int(time.time()) - session.last_seen_at) or 'minute'}"
    return {
        "handle": session.handle,
        "browser": session.browser,
        "bound": marks.bound,
        "tried": None if marks.tried_at is None else ago(marks.tried_at),
        "here": here,
        "since": ago(session.signed_in_at) if session.signed_in_at else None,
        "last_seen": None if here else last_seen,
        "ends_in": span(session.ends_at - int(time.time())) if session.ends_at else None,
    }

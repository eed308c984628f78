"""HTTP in, HTTP out for the space's page: the conversation as it stands, live with a script.

Without the script the page shows the same, and its form writes.
"""

from dataclasses import replace

from aiohttp import web

from app_service.news import NEWS
from app_service.settings_key import SETTINGS
from app_service.space import failures as space_failures
from app_service.space.deep_link import webex_link
from app_service.space.failures import MAX_MESSAGE_BYTES
from app_service.space.file_form import read_file_form
from app_service.space.files import MAX_FILE_BYTES
from app_service.space.guard import MAX_ID, asked_for, is_id, is_writer, space_of
from app_service.space.place import WIDGET
from app_service.space.space import Excerpt
from app_service.space.spaces import OpenSpace
from app_service.space.uploads import UPLOADS
from app_service.visitor.permission import FOR_WIDGET, permission_page
from app_service.visitor.signed_in import signed_in
from common.failures import Failure
from common.sessions.cookies import EMBEDDED
from common.sessions.visitor import Visitor
from common.web.from_our_pages import FormUnreadable, form_of, is_cross_site
from common.web.templating import render_page

WHY = "This page shows the conversation of a space, and you can take part in it."


async def widget(request: web.Request) -> web.Response:
    """GET /widget, GET /spaces/ID: the live conversation; `before` shows what was said earlier."""
    visitor = await signed_in(request)
    here = asked_for(request)
    ask = permission_page(request, visitor, FOR_WIDGET, title="The space", why=WHY)
    if ask is not None:
        return ask
    # A link on another site must not put anybody back into a space that they left.
    if "again" in request.query and not is_cross_site(request, request.app[SETTINGS].public_url):
        await here.entrance.enter_again(visitor)
        raise web.HTTPSeeOther(here.space.place.page)
    if "space" in request.match_info and here.space.place == WIDGET:
        raise web.HTTPSeeOther(WIDGET.page)
    return await _page(request, visitor, here)


async def write(request: web.Request) -> web.Response:
    """POST /widget, POST /spaces/ID: the form of a browser without the script."""
    if is_cross_site(request, request.app[SETTINGS].public_url):
        raise space_failures.forged()
    visitor = await signed_in(request)
    here = asked_for(request)
    try:
        form = await form_of(request)
    except FormUnreadable:
        raise space_failures.not_valid() from None
    markdown, parent_id = form.get("markdown"), form.get("parentId", "")
    if not isinstance(markdown, str) or not isinstance(parent_id, str) or len(parent_id) > MAX_ID:
        raise space_failures.not_valid()
    if not is_writer(visitor, form.get("writer")):
        # Not the space's page: it may not be this person's yet.
        return _form_alone(request, visitor, here, space_failures.somebody_else(), markdown)
    space = space_of(request, visitor).space
    try:
        await space.write(visitor, markdown.replace("\r\n", "\n"), parent_id or None)
    except Failure as failure:
        return await _not_sent(request, visitor, here, failure, markdown)
    await request.app[NEWS].spread(space.room_id)
    raise web.HTTPSeeOther(f"{space.place.page}#end")


async def write_file(request: web.Request) -> web.Response:
    """POST /widget/files, POST /spaces/ID/files: a file, and words, of a browser without the script.

    A form (multipart/form-data), the file last. It goes on to Webex as it comes.
    """
    if is_cross_site(request, request.app[SETTINGS].public_url):
        raise space_failures.forged()
    visitor = await signed_in(request, back=request.rel_url.raw_path.removesuffix("/files"))
    here, uploads = space_of(request, visitor), request.app[UPLOADS]
    typed = ""
    try:
        # Before a place is asked for: who is told to wait gets their words back.
        form = await read_file_form(request)
        typed = form.markdown.replace("\r\n", "\n")
        if not is_writer(visitor, form.writer):
            failure = space_failures.somebody_else()
            return _form_alone(request, visitor, here, failure, typed)
        with uploads.limit.one_more(visitor.session.person_id):
            await uploads.send(visitor, here.space.room_id, replace(form, markdown=typed))
    except Failure as failure:
        failure.what_happened += " Choose the file again to try once more."
        return await _not_sent(request, visitor, here, failure, typed)
    await request.app[NEWS].spread(here.space.room_id)
    raise web.HTTPSeeOther(f"{here.space.place.page}#end")


async def _not_sent(
    request: web.Request, visitor: Visitor, here: OpenSpace, failure: Failure, typed: str
) -> web.Response:
    """The page with what was typed; if Webex does not show the space either, the form alone."""
    try:
        return await _page(request, visitor, here, failure=failure, typed=typed)
    except Failure:
        return _form_alone(request, visitor, here, failure, typed)


def _form_alone(
    request: web.Request, visitor: Visitor, here: OpenSpace, failure: Failure, typed: str
) -> web.Response:
    context = {
        "failure": failure,
        "typed": typed,
        "me": visitor.session.person_id,
        "place": here.space.place,
    }
    return render_page(request, "not_sent.html", context, status=failure.status)


async def _page(
    request: web.Request,
    visitor: Visitor,
    here: OpenSpace,
    *,
    failure: Failure | None = None,
    typed: str = "",
) -> web.Response:
    before = request.query.get("before")
    if before is not None and not is_id(before):
        raise space_failures.not_valid()
    wanted = request.query.get("message")
    if wanted is not None and not is_id(wanted):
        raise space_failures.not_valid()
    room = await here.entrance.enter(visitor)
    here.admission.admitted(visitor)
    space, framed = here.space, request.path.startswith(EMBEDDED)
    place = space.place.framed if framed else space.place
    excerpt = await space.excerpt(visitor, before=before)
    is_latest = before is None
    if wanted is not None and all(message.id != wanted for message in excerpt.messages):
        excerpt, is_latest = await space.up_to(visitor, wanted), False
    await space.learn_for(visitor, excerpt.messages)
    context = {
        "room": room,
        "place": place,
        "framed": framed,
        "webex": webex_link(space.room_id),
        "me": visitor.session.person_id,
        "messages": here.view.at(place).page(excerpt.messages),
        "older": excerpt.messages[0].id if excerpt.more and excerpt.messages else None,
        "latest": is_latest,
        "since": _newest(excerpt),
        "people": here.view.people(),
        "most_bytes": MAX_MESSAGE_BYTES,
        "most_file_bytes": MAX_FILE_BYTES,
        "failure": failure,
        "typed": typed,
    }
    status = failure.status if failure else 200
    return render_page(request, "widget.html", context, status=status)


def _newest(excerpt: Excerpt) -> str | None:
    return max((message.changed for message in excerpt.messages), default=None)

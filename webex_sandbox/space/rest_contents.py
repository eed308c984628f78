"""GET /v1/contents/{content_id}: a message's file, for people who are in its room."""

from urllib.parse import quote

from aiohttp import web

from webex_sandbox.errors import WebexError
from webex_sandbox.scopes import READ_MESSAGES
from webex_sandbox.sign_in.bearer import authenticate
from webex_sandbox.space.access import membership_in
from webex_sandbox.space.contents import CONTENTS


async def get_content(request: web.Request) -> web.Response:
    """Give a message's file to people who are in its room."""
    caller = authenticate(request, READ_MESSAGES).grant.person
    content = request.app[CONTENTS].find(request.match_info["content_id"])
    if content is None:
        raise WebexError(404)
    membership_in(request, content.room.id, caller)
    return web.Response(
        body=content.data,
        headers={
            "Content-Type": content.content_type,
            "Content-Disposition": _attachment(content.name),
        },
    )


def _attachment(name: str) -> str:
    """Name a file in a header (RFC 6266): plain for old clients, UTF-8 for the others."""
    plain = "".join(letter for letter in name if letter.isascii() and letter not in '"\\')
    return f"attachment; filename=\"{plain or 'file'}\"; filename*=UTF-8''{quote(name, safe='')}"

"""GET /spaces: the signed-in person's spaces, a page at a time, the latest active first."""

from dataclasses import dataclass

from aiohttp import web

from app_service.settings_key import SETTINGS
from app_service.space.place import WIDGET, place_of
from app_service.space.room import Room
from app_service.visitor.permission import FOR_SPACES, permission_page
from app_service.visitor.signed_in import signed_in
from app_service.visitor.with_token import WithToken
from app_service.webex import Webex, WebexPage
from common.failures import Refused
from common.sessions.sealing import NewerFormatError, SealBrokenError, Sealer
from common.sessions.visitor import Visitor
from common.web.templating import render_page
from common.webex.failures import failure_of
from common.webex.http import WebexError

AT_ONCE = 25
PURPOSE = "spaces page"


@dataclass(frozen=True)
class SpaceList:
    """Webex names the next page by an address of its own; the browser carries it sealed.

    So nobody can choose where the token goes, and a page belongs to its session.
    """

    webex: Webex
    with_token: WithToken
    sealer: Sealer

    async def page(self, visitor: Visitor, cursor: str | None) -> tuple[list[Room], str | None]:
        """Return spaces and the cursor of the next page; raise a Failure that says what went wrong."""
        place = visitor.ticket.handle
        url = self._open(cursor, place) if cursor else None
        try:
            page = await self.with_token.call(visitor, lambda token: self._read(token, url))
        except WebexError as error:
            raise failure_of(error, doing="listing your spaces", again="/spaces") from error
        rooms = [room for room in map(Room.from_webex, page.items) if room]
        return rooms, self._seal(page.next_url, place) if page.next_url else None

    async def _read(self, token: str, url: str | None) -> WebexPage:
        if url is not None:
            return await self.webex.follow(token, url)
        return await self.webex.rooms(token, at_most=AT_ONCE)

    def _seal(self, url: str, place: str) -> str:
        return self.sealer.seal_text(url.encode(), purpose=PURPOSE, place=place)

    def _open(self, cursor: str, place: str) -> str:
        try:
            return self.sealer.open_text(cursor, purpose=PURPOSE, place=place).decode()
        except (SealBrokenError, NewerFormatError):
            raise no_such_page() from None


def no_such_page() -> Refused:
    return Refused(
        title="This page of the list is not yours",
        what_happened="The address belongs to another sign-in, or was changed on the way.",
        what_to_check=("Start again at the first page.",),
        status=400,
        slug="foreign_cursor",
        way_on=("Your spaces", "/spaces"),
    )


SPACE_LIST = web.AppKey("SPACE_LIST", SpaceList)


async def spaces(request: web.Request) -> web.Response:
    """GET /spaces?page=CURSOR: the person's latest active spaces."""
    visitor = await signed_in(request)
    why = "This page lists the spaces you are in."
    ask = permission_page(request, visitor, FOR_SPACES, title="Your spaces", why=why)
    if ask is not None:
        return ask
    cursor = request.query.get("page")
    rooms, next_page = await request.app[SPACE_LIST].page(visitor, cursor)
    own = request.app[SETTINGS].space_id
    context = {
        "rooms": [(room, WIDGET if room.id == own else place_of(room.id)) for room in rooms],
        "next_page": next_page,
        "first": cursor is None,
    }
    return render_page(request, "spaces.html", context)

"""The way into a space: the person's own token must show it."""

from dataclasses import dataclass

from app_service.space import failures as space_failures
from app_service.space.room import OUTSIDE, Room
from app_service.visitor.with_token import WithToken
from app_service.webex import Webex
from common.failures import Failure
from common.sessions.visitor import Visitor
from common.webex.failures import failure_of
from common.webex.http import WebexError, WebexMalformed, WebexRefusal


@dataclass(frozen=True)
class Entrance:
    """Whoever can see the space gets in; whether there is one, nobody else is told."""

    webex: Webex
    with_token: WithToken
    room_id: str

    async def enter(self, visitor: Visitor) -> Room:
        """Return the space as the person sees it; raise a Failure that says what to mend."""
        try:
            return await self.look(visitor)
        except WebexRefusal as error:
            if error.status not in OUTSIDE:
                raise reading_failed(error) from error
            failure = self.outside()
            failure.tracking_id = error.tracking_id
            raise failure from error
        except WebexError as error:
            raise reading_failed(error) from error

    async def enter_again(self, visitor: Visitor) -> None:
        """Whoever left comes back if somebody in the space adds them."""

    async def look(self, visitor: Visitor) -> Room:
        """Ask Webex for the space with the person's own token; raise a WebexError."""
        body = await self.with_token.call(
            visitor, lambda token: self.webex.room(token, self.room_id)
        )
        room = Room.from_webex(body)
        if room is None:
            raise WebexMalformed
        return room

    def outside(self) -> Failure:
        """What somebody is told whom Webex does not show the space."""
        return space_failures.no_such_space()


def reading_failed(error: WebexError) -> Failure:
    return failure_of(error, doing="opening the space", again="/widget")

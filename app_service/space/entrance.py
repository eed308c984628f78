"""The way into the space: the bot adds the person, then the person's own token must show the space."""

from dataclasses import dataclass

from aiohttp import web

from app_service.space import failures as space_failures
from app_service.space.bot import Bot
from app_service.space.room import Room
from app_service.visitor.with_token import WithToken
from app_service.webex import Webex
from common.failures import Failure
from common.sessions.visitor import Visitor
from common.webex.failures import failure_of
from common.webex.http import WebexError, WebexMalformed, WebexRefusal

OUTSIDE = (403, 404)


@dataclass(frozen=True)
class Entrance:
    """Whoever can see the space gets in, whatever is wrong with the bot."""

    webex: Webex
    with_token: WithToken
    room_id: str
    bot: Bot | None

    async def enter(self, visitor: Visitor) -> Room:
        """Return the space as the person sees it; raise a Failure that says what to mend."""
        refused = await self._add(visitor)
        try:
            return await self.look(visitor)
        except WebexRefusal as error:
            if error.status not in OUTSIDE:
                raise _reading_failed(error) from error
            raise await self._why_outside(refused, error) from error
        except WebexError as error:
            raise _reading_failed(error) from error

    async def enter_again(self, visitor: Visitor) -> None:
        """Have the bot add the person once more at the next visit."""
        if self.bot:
            await self.bot.forget(visitor.session.person_id)

    async def look(self, visitor: Visitor) -> Room:
        """Ask Webex for the space with the person's own token; raise a WebexError."""
        body = await self.with_token.call(
            visitor, lambda token: self.webex.room(token, self.room_id)
        )
        room = Room.from_webex(body)
        if room is None:
            raise WebexMalformed
        return room

    async def _add(self, visitor: Visitor) -> WebexError | None:
        if self.bot is None:
            return None
        try:
            await self.bot.add(visitor.session.person_id)
        except WebexError as error:
            return error
        return None

    async def _why_outside(self, refused: WebexError | None, error: WebexError) -> Failure:
        if self.bot is None:
            failure = space_failures.no_bot()
        elif refused is not None:
            return space_failures.bot_failed(refused)
        else:
            failure = await self._as_the_bot_sees_it(self.bot)
        failure.tracking_id = error.tracking_id
        return failure

    async def _as_the_bot_sees_it(self, bot: Bot) -> Failure:
        try:
            there = await bot.sees_space()
        except WebexError as error:
            return space_failures.bot_failed(error)
        return space_failures.not_a_member() if there else space_failures.space_gone()


def _reading_failed(error: WebexError) -> Failure:
    return failure_of(error, doing="opening the space", again="/widget")


ENTRANCE = web.AppKey("ENTRANCE", Entrance)

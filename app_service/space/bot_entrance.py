"""The way into the space of SPACE_ID: a bot adds the person, then their own token must show the space."""

from dataclasses import dataclass

from app_service.space import failures as space_failures
from app_service.space.bot import Bot
from app_service.space.entrance import Entrance, reading_failed
from app_service.space.room import OUTSIDE, Room
from common.failures import Failure
from common.sessions.visitor import Visitor
from common.webex.http import WebexError, WebexRefusal


@dataclass(frozen=True)
class BotEntrance(Entrance):
    """Whoever can see the space gets in, whatever is wrong with the bot."""

    bot: Bot | None

    async def enter(self, visitor: Visitor) -> Room:
        """Return the space as the person sees it; raise a Failure that says what to mend."""
        refused = await self._add(visitor)
        try:
            return await self.look(visitor)
        except WebexRefusal as error:
            if error.status not in OUTSIDE:
                raise reading_failed(error) from error
            raise await self._why_outside(refused, error) from error
        except WebexError as error:
            raise reading_failed(error) from error

    async def enter_again(self, visitor: Visitor) -> None:
        """Have the bot add the person once more at the next visit."""
        if self.bot:
            await self.bot.forget(visitor.session.person_id)

    def outside(self) -> Failure:
        return space_failures.not_a_member()

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

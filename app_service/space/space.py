"""The conversation of one space: reading and writing, always with the person's own token."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from app_service.space import failures as space_failures
from app_service.space.files import Files
from app_service.space.members import Members
from app_service.space.message import Message
from app_service.space.place import Place
from app_service.space.room import OUTSIDE
from app_service.visitor.with_token import WithToken
from app_service.webex import Webex
from common.failures import Failure
from common.sessions.visitor import Visitor
from common.webex.failures import failure_of
from common.webex.http import WebexError, WebexRefusal

AT_ONCE = 30


@dataclass(frozen=True)
class Excerpt:
    """Messages, the oldest first, and whether Webex has older ones."""

    messages: Sequence[Message]
    more: bool


@dataclass(frozen=True)
class Space:
    """Every verb raises a Failure, except `read`, which raises a WebexError.

    `outside` says what somebody is told whom Webex does not show the space.
    """

    room_id: str
    _: KW_ONLY
    webex: Webex
    with_token: WithToken
    members: Members
    files: Files
    place: Place
    outside: Callable[[], Failure]

    async def excerpt(self, visitor: Visitor, *, before: str | None = None) -> Excerpt:
        """The newest messages, or those before another one, with all that is needed to show them."""

        async def verb(token: str) -> Excerpt:
            await self.members.refresh(token)
            return await self.read(token, before=before)

        try:
            return await self.with_token.call(visitor, verb)
        except WebexRefusal as error:
            if error.status in (400, 404) and before is not None:
                raise space_failures.not_found() from error
            if error.status in OUTSIDE:
                raise self.outside() from error
            raise failure_of(error, doing="reading the space", again="/widget") from error
        except WebexError as error:
            raise failure_of(error, doing="reading the space", again="/widget") from error

    async def up_to(self, visitor: Visitor, message_id: str) -> Excerpt:
        """One message and those before it."""
        message = await self.message(visitor, message_id)
        before = await self.excerpt(visitor, before=message_id)
        return Excerpt([*before.messages, message], before.more)

    async def called(self, visitor: Visitor, start: str, *, at_most: int) -> list[tuple[str, str]]:
        """Ids and names of people of the space, for one of them."""
        with contextlib.suppress(WebexError):
            await self.with_token.call(visitor, self.members.refresh)
        # Whoever is not in the space could not read the list, and may have found that of another.
        if not self.members.has_now(visitor.session.person_id):
            return []
        return self.members.called(start, at_most=at_most)

    async def read(self, token: str, *, before: str | None = None) -> Excerpt:
        """Read a page of messages and learn who wrote them; raise a WebexError."""
        page = await self.webex.messages(token, self.room_id, at_most=AT_ONCE, before=before)
        read = [message for message in map(Message.from_webex, page.items) if message]
        ours = [message for message in read if message.room_id == self.room_id]
        # How many came says nothing: Webex leaves out what the person may not see.
        return Excerpt(sorted(ours, key=lambda one: one.created), page.next_url is not None)

    async def learn(self, token: str, messages: Iterable[Message]) -> None:
        """Learn the names that showing these messages needs; nothing is raised."""
        messages = list(messages)
        people = [message.person_id for message in messages]
        people += [member.id for member in self.members.listed()]
        urls = {url for message in messages for url in message.files}
        await asyncio.gather(
            self.members.know(token, people),
            *(self.files.learn_name(token, url) for url in urls),
        )

    async def learn_for(self, visitor: Visitor, messages: Iterable[Message]) -> None:
        """The same with a person's own token; what was written is written, so nothing is raised."""
        with contextlib.suppress(WebexError, Failure):
            await self.with_token.call(visitor, lambda token: self.learn(token, messages))

    async def write(self, visitor: Visitor, markdown: str, parent_id: str | None) -> Message:
        """Write a message, or a reply in a thread."""
        fields = {"roomId": self.room_id, "markdown": checked(markdown)}
        if parent_id:
            fields["parentId"] = parent_id
        try:
            body = await self.with_token.call(
                visitor, lambda token: self.webex.post_message(token, fields)
            )
        except WebexError as error:
            raise space_failures.writing_failed(error) from error
        return self._ours(body)

    async def edit(self, visitor: Visitor, message_id: str, markdown: str) -> Message:
        """Write one's own message anew."""
        fields = {"roomId": self.room_id, "markdown": checked(markdown)}
        try:
            body = await self.with_token.call(
                visitor, lambda token: self.webex.edit_message(token, message_id, fields)
            )
        except WebexError as error:
            raise space_failures.writing_failed(error) from error
        return self._ours(body)

    async def delete(self, visitor: Visitor, message_id: str) -> None:
        """Delete one's own message."""
        await self.message(visitor, message_id)
        try:
            await self.with_token.call(
                visitor, lambda token: self.webex.delete_message(token, message_id)
            )
        except WebexError as error:
            raise space_failures.writing_failed(error) from error

    async def submit(self, visitor: Visitor, message_id: str, inputs: dict[str, Any]) -> None:
        """Send what was filled in on the card of a message of this space, in the person's name."""
        await self.message(visitor, message_id)
        try:
            await self.with_token.call(
                visitor, lambda token: self.webex.submit(token, message_id, inputs)
            )
        except WebexError as error:
            raise space_failures.writing_failed(error) from error

    async def message(self, visitor: Visitor, message_id: str) -> Message:
        """One message of this space, as the person may see it."""
        try:
            body = await self.with_token.call(
                visitor, lambda token: self.webex.message(token, message_id)
            )
        except WebexRefusal as error:
            if error.status in (400, 403, 404):
                raise space_failures.not_found() from error
            raise failure_of(error, doing="reading a message", again="/widget") from error
        except WebexError as error:
            raise failure_of(error, doing="reading a message", again="/widget") from error
        return self._ours(body)

    def _ours(self, body: dict[str, object]) -> Message:
        message = Message.from_webex(body)
        if message is None or message.room_id != self.room_id:
            raise space_failures.not_found()
        return message


def checked(markdown: str) -> str:
    """The text if Webex would take it; raise a Failure that says by how much it would not."""
    if not markdown.strip():
        raise space_failures.empty()
    try:
        size = len(markdown.encode())
    except UnicodeEncodeError:
        raise space_failures.not_valid() from None
    if size > space_failures.MAX_MESSAGE_BYTES:
        raise space_failures.too_long(size)
    return markdown

"""A person's file on its way into a space, with their own token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from app_service.space import failures as space_failures
from app_service.space.file_form import FileForm
from app_service.space.message import Message
from app_service.space.space import checked
from app_service.space.transfer_limit import TransferLimit
from app_service.visitor.send_once import send_once
from app_service.visitor.with_token import WithToken
from app_service.webex import Webex
from common.sessions.visitor import Visitor
from common.webex.http import WebexAbandoned, WebexError, WebexHttp, WebexMalformed, open_session

# At once, of one person, through each replica.
UPLOADS_PER_PERSON = 2
# However slowly it comes, and for as long the token has to last.
LONGEST_SECONDS = 900


@dataclass(frozen=True)
class Uploads:
    """`webex` has a wire of its own, on which nothing else waits."""

    webex: Webex
    with_token: WithToken
    limit: TransferLimit

    async def send(self, visitor: Visitor, room_id: str, form: FileForm) -> Message:
        """Write a message with the file as it comes; raise a Failure."""
        fields = {"roomId": room_id}
        if form.markdown.strip():
            fields["markdown"] = checked(form.markdown)
        if form.parent_id:
            fields["parentId"] = form.parent_id
        try:
            body = await send_once(
                self.with_token,
                visitor,
                lambda token: self.webex.post_file(token, fields, form.upload),
                for_seconds=LONGEST_SECONDS,
            )
            message = Message.from_webex(body)
            if message is None:
                raise WebexMalformed
        except WebexAbandoned as error:
            raise space_failures.upload_broken() from error
        except WebexError as error:
            raise space_failures.sending_failed(error) from error
        return message


@asynccontextmanager
async def open_uploads(api_url: str, with_token: WithToken) -> AsyncIterator[Uploads]:
    """Files on the way for as long as the service runs."""
    # A body that is gone cannot be sent again: never on a connection that may have ended unnoticed.
    async with open_session(force_close=True) as session:
        wire = WebexHttp(session, timeout_seconds=LONGEST_SECONDS)
        limit = TransferLimit(UPLOADS_PER_PERSON, space_failures.too_many_uploads)
        yield Uploads(Webex(wire, api_url), with_token, limit)


UPLOADS = web.AppKey("UPLOADS", Uploads)

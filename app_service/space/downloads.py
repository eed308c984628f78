"""Files and pictures on their way through the service; saved or shown by the browser, never run."""

import aiohttp
from aiohttp import web
from aiohttp.helpers import content_disposition_header

from app_service.space import failures as space_failures
from app_service.space.admission import ADMISSION
from app_service.space.files import MAX_FILE_BYTES, Files, download_failed
from app_service.space.guard import space_of
from app_service.space.pictures import KEPT_SECONDS, PICTURES, NoPictureError
from app_service.space.transfer_limit import DOWNLOAD_LIMIT
from app_service.visitor.signed_in import signed_in
from app_service.visitor.with_token import WITH_TOKEN
from common.webex.http import WebexError

CHUNK_BYTES = 16384


async def file(request: web.Request) -> web.StreamResponse:
    """GET /widget/files/MESSAGE/NUMBER: a file of a message that the person may read."""
    visitor = await signed_in(request)
    space = space_of(request, visitor)
    message = await space.message(visitor, request.match_info["message"])
    number = int(request.match_info["number"])
    if number >= len(message.files):
        raise space_failures.not_found()
    url = message.files[number]

    async def verb(token: str) -> web.StreamResponse:
        await space.files.learn_name(token, url)
        return await _pass_through(request, space.files, token, url)

    try:
        with request.app[DOWNLOAD_LIMIT].one_more(visitor.session.person_id):
            return await request.app[WITH_TOKEN].call(visitor, verb)
    except WebexError as error:
        raise download_failed(error) from error


async def picture(request: web.Request) -> web.Response:
    """GET /widget/pictures/ADDRESS: a picture of a card, for who may read the space."""
    visitor = await signed_in(request)
    space = space_of(request, visitor)
    # A card that comes by the stream must not cost a call for each who sees it.
    if not space.members.has_now(visitor.session.person_id):
        await request.app[ADMISSION].check(visitor)
    try:
        found = await request.app[PICTURES].get(request.match_info["address"])
    except NoPictureError:
        raise space_failures.not_found() from None
    return web.Response(
        body=found.body,
        content_type=found.content_type,
        headers={
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": f"private, max-age={KEPT_SECONDS}",
        },
    )


async def _pass_through(
    request: web.Request, files: Files, token: str, url: str
) -> web.StreamResponse:
    name = content_disposition_header("attachment", filename=files.name(url))
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/octet-stream",
            "Content-Disposition": name,
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
    )
    try:
        async with files.open(token, url) as answer:
            # The length of what is packed says nothing about what is unpacked on the way.
            if "Content-Encoding" not in answer.headers:
                response.content_length = answer.content_length
            await response.prepare(request)
            await _copy(answer, response)
    except (WebexError, _TooLargeError):
        if not response.prepared:
            raise
        # Cut off, so that nobody takes the part for the whole.
        if request.transport is not None:
            request.transport.abort()
    return response


async def _copy(answer: aiohttp.ClientResponse, response: web.StreamResponse) -> None:
    passed = 0
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        passed += len(chunk)
        if passed > MAX_FILE_BYTES:
            raise _TooLargeError
        await response.write(chunk)


class _TooLargeError(Exception):
    """More came than was announced."""

"""Files and pictures on their way through the service; saved or shown by the browser, never run."""

from collections.abc import Callable

import aiohttp
from aiohttp import web
from aiohttp.helpers import content_disposition_header

from app_service.space import failures as space_failures
from app_service.space.files import MAX_FILE_BYTES, Files, download_failed
from app_service.space.guard import space_of
from app_service.space.pictures import KEPT_SECONDS, NoPictureError, kind_of
from app_service.space.transfer_limit import DOWNLOAD_LIMIT
from app_service.visitor.signed_in import signed_in
from app_service.visitor.with_token import WITH_TOKEN
from common.sessions.visitor import Visitor
from common.webex.http import WebexError

CHUNK_BYTES = 16384
# As much as tells the kind of a picture.
START_BYTES = 16
NEVER_RUN = {"Content-Security-Policy": "default-src 'none'; sandbox"}

# The headers for a file, by its name and its first bytes.
HeadersFor = Callable[[str, bytes], dict[str, str]]


async def file(request: web.Request) -> web.StreamResponse:
    """GET /widget/files/MESSAGE/NUMBER: a file of a message that the person may read."""
    visitor = await signed_in(request)
    return await _hand_out(request, visitor, _to_save, counted_as=visitor.session.person_id)


async def file_shown(request: web.Request) -> web.StreamResponse:
    """GET /widget/files/MESSAGE/NUMBER/picture: the same for the page itself, if it is a picture."""
    visitor = await signed_in(request)
    # Many pictures of a page keep nobody from a download.
    counted_as = f"{visitor.session.person_id} looking"
    return await _hand_out(request, visitor, _to_show, counted_as=counted_as)


async def _hand_out(
    request: web.Request, visitor: Visitor, headers_for: HeadersFor, *, counted_as: str
) -> web.StreamResponse:
    space = space_of(request, visitor).space
    message = await space.message(visitor, request.match_info["message"])
    number = int(request.match_info["number"])
    if number >= len(message.files):
        raise space_failures.not_found()
    url = message.files[number]

    async def verb(token: str) -> web.StreamResponse:
        await space.files.learn_name(token, url)
        return await _pass_through(request, space.files, token, url, headers_for)

    try:
        with request.app[DOWNLOAD_LIMIT].one_more(counted_as):
            return await request.app[WITH_TOKEN].call(visitor, verb)
    except WebexError as error:
        raise download_failed(error) from error


async def picture(request: web.Request) -> web.Response:
    """GET /widget/pictures/ADDRESS: a picture of a card, for who may read the space."""
    visitor = await signed_in(request)
    here = space_of(request, visitor)
    # A card that comes by the stream must not cost a call for each who sees it.
    if not here.space.members.has_now(visitor.session.person_id):
        await here.admission.check(visitor)
    try:
        found = await here.pictures.get(request.match_info["address"])
    except NoPictureError:
        raise space_failures.not_found() from None
    return web.Response(
        body=found.body,
        content_type=found.content_type,
        headers={**NEVER_RUN, "Cache-Control": f"private, max-age={KEPT_SECONDS}"},
    )


def _to_save(name: str, _: bytes) -> dict[str, str]:
    return {
        **NEVER_RUN,
        "Content-Type": "application/octet-stream",
        "Content-Disposition": content_disposition_header("attachment", filename=name),
    }


def _to_show(_: str, start: bytes) -> dict[str, str]:
    kind = kind_of(start)
    if kind is None:
        raise space_failures.not_found()
    return {
        **NEVER_RUN,
        "Content-Type": kind,
        "Cache-Control": f"private, max-age={KEPT_SECONDS}",
    }


async def _pass_through(
    request: web.Request, files: Files, token: str, url: str, headers_for: HeadersFor
) -> web.StreamResponse:
    response = web.StreamResponse()
    try:
        async with files.open(token, url) as answer:
            start = await _start(answer)
            response.headers.update(headers_for(files.name(url), start))
            # The length of what is packed says nothing about what is unpacked on the way.
            if "Content-Encoding" not in answer.headers:
                response.content_length = answer.content_length
            await response.prepare(request)
            await response.write(start)
            await _copy(answer, response)
    except (WebexError, _TooLargeError):
        if not response.prepared:
            raise
        # Cut off, so that nobody takes the part for the whole.
        if request.transport is not None:
            request.transport.abort()
    return response


async def _start(answer: aiohttp.ClientResponse) -> bytes:
    start = b""
    while len(start) < START_BYTES:
        more = await answer.content.read(START_BYTES - len(start))
        if not more:
            break
        start += more
    return start


async def _copy(answer: aiohttp.ClientResponse, response: web.StreamResponse) -> None:
    passed = START_BYTES
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        passed += len(chunk)
        if passed > MAX_FILE_BYTES:
            raise _TooLargeError
        await response.write(chunk)


class _TooLargeError(Exception):
    """More came than was announced."""

"""Files of messages: their names, and their content on its way through the service.

The address comes out of a message, and the token goes along with the request: only addresses at
Webex's API are asked. Source: Webex guide "Message Attachments".
"""

import re
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.multipart import (
    content_disposition_filename,
    parse_content_disposition,
)
from yarl import URL

from app_service.space import failures as space_failures
from common.memory import Memory
from common.webex.failures import failure_of
from common.webex.http import (
    WebexAnswer,
    WebexError,
    WebexRefusal,
    clean_tracking_id,
    trouble,
)
from common.webex.watch import WebexWatch, outcome_of

# Webex takes files up to 100 MB.
MAX_FILE_BYTES = 100 * 1024 * 1024
# Of a content, for each download. aiohttp's own 256 kB, which it may hold twice, would be a lot of memory for
# somebody whose line stands still.
READ_AHEAD_BYTES = 32 * 1024
MAX_NAME = 150
NAMES_REMEMBERED = 5000
TIMEOUT = aiohttp.ClientTimeout(total=600, sock_connect=3, sock_read=30)
NAME_TIMEOUT = aiohttp.ClientTimeout(total=5, sock_connect=3)
UNNAMED = "File"
WITHHELD = (410, 423, 428)
# Controls, separators of paths, marks that turn the direction of writing ("exe.fdp" must not show), and
# bytes that are no UTF-8 as aiohttp gives them: lone surrogates, which no page can hold.
UNWANTED = re.compile(
    r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]'
)


class Files:
    """Asks Webex for contents with the token of the person who wants them."""

    def __init__(self, session: aiohttp.ClientSession, api_url: str) -> None:
        self._session = session
        self._origin = URL(api_url).origin()
        self._names: Memory[str] = Memory(NAMES_REMEMBERED)

    def is_ours(self, url: str) -> bool:
        """Whether an address is at Webex's API, so that the token may go there."""
        if not url.isascii() or not url.isprintable() or " " in url:
            return False
        try:
            parts = URL(url, encoded=True)
            return parts.origin() == self._origin and parts.user is None
        except ValueError:
            return False

    def name(self, url: str) -> str:
        """The file's name, as far as learnt."""
        return self._names.get(url, UNNAMED)

    async def learn_name(self, token: str, url: str) -> None:
        """Ask for a file's name (HEAD), once; without it the page shows another word."""
        if url in self._names or not self.is_ours(url):
            return
        try:
            async with await self._ask("HEAD", token, url, NAME_TIMEOUT) as response:
                if response.status == 200:
                    self._names.put(url, file_name(response.headers.get("Content-Disposition")))
        except (aiohttp.ClientError, OSError, TimeoutError):
            return

    @asynccontextmanager
    async def open(self, token: str, url: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Give the answer with the content; raise a WebexError or a Failure."""
        if not self.is_ours(url):
            raise space_failures.not_found()
        try:
            async with await self._ask("GET", token, url, TIMEOUT) as response:
                _check(response)
                yield response
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            raise trouble(error) from None

    async def _ask(
        self, method: str, token: str, url: str, patience: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        """Watched until the answer begins: how long the content takes is up to who fetches it."""
        watch = WebexWatch(method, url)
        try:
            response = await self._session.request(
                method,
                URL(url, encoded=True),
                headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"},
                timeout=patience,
                allow_redirects=False,
                read_bufsize=READ_AHEAD_BYTES,
            )
        except (aiohttp.ClientError, OSError) as error:
            watch.failed(trouble(error))
            raise
        watch.ended(
            outcome_of(response.status),
            status=response.status,
            tracking_id=clean_tracking_id(response.headers.get("trackingid")),
        )
        return response


def file_name(content_disposition: str | None) -> str:
    """The name in a Content-Disposition header (RFC 6266), fit to be shown and to be saved."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        _, parameters = parse_content_disposition(content_disposition)
    return plain_name(content_disposition_filename(parameters) or "")


def plain_name(name: str) -> str:
    """What of a name can be shown, saved and sent on."""
    name = UNWANTED.sub("", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if len(name) > MAX_NAME and dot and len(ending) < 10:
        name = f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}"
    return name[:MAX_NAME] or UNNAMED


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status in WITHHELD:
        raise space_failures.file_withheld(response.status)
    if response.status != 200:
        raise WebexRefusal(WebexAnswer(response.status, response.headers, {}))
    if (response.content_length or 0) > MAX_FILE_BYTES:
        raise space_failures.file_too_large()


def download_failed(error: WebexError) -> Exception:
    """The failure that a person is shown."""
    if isinstance(error, WebexRefusal) and error.status == 404:
        return space_failures.not_found()
    return failure_of(error, doing="fetching the file", again="/widget")

"""The wire to Webex: bounded in time and size, and honest about what went wrong.

Everything Webex can do to a caller becomes one of the WebexError kinds. Texts that come from
outside are never put into an exception's message, so that no log line can carry them.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec

from common.silent import Silent
from common.webex.connector import Connector, watched
from common.webex.form import form_encoded
from common.webex.kept import BROKEN, OWN_HEADERS, ask_kept, has_begun
from common.webex.proxy import webex_proxy
from common.webex.retry_after import parse_retry_after
from common.webex.unreachable import Why, never_connected, why_unreachable
from common.webex.upload import UploadBrokenError
from common.webex.watch import WebexWatch, outcome_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MAX_ANSWER_BYTES = 1_000_000
CONNECT_SECONDS = 3
# Of one try; what all of it may take, WebexHttp counts.
CONNECTING = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
TRACKING_ID = re.compile(r"[A-Za-z0-9_\-]{1,120}")


class WebexError(Exception):
    """Something went wrong on the way to Webex, or at Webex.

    `tracking_id` is Webex's own name for the request (header `trackingid`), if it sent one.
    """

    def __init__(self, *, tracking_id: str | None = None) -> None:
        super().__init__(type(self).__name__)
        self.tracking_id = tracking_id


class WebexUnreachable(WebexError):
    """No connection, or it broke; `why` tells which."""

    def __init__(self, why: Why = Why.RESET, *, tracking_id: str | None = None) -> None:
        super().__init__(tracking_id=tracking_id)
        self.why = why


class WebexSlow(WebexError):
    """No whole answer within the time limit."""


class WebexAbandoned(WebexError):
    """What was to be sent broke off on our side: no fault of Webex."""


class WebexMalformed(WebexError):
    """An answer that is not JSON, or not the JSON it should be, or too large."""


class WebexRefusal(WebexError):
    """An answer with an error status. Decide by `status`; the texts in `answer` are for people."""

    def __init__(self, answer: "WebexAnswer") -> None:
        super().__init__(tracking_id=answer.tracking_id)
        self.status = answer.status
        self.answer = answer

    @property
    def retry_after(self) -> int:
        """Seconds to wait, from 1 to 300, whatever the header says."""
        return parse_retry_after(self.answer.headers.get("Retry-After"))


class WebexAnswer(Silent, frozen=True):
    """Status, headers and decoded JSON object (empty for 204) of an answer."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def tracking_id(self) -> str | None:
        """Webex's name for the request: the header, else the body, which idbroker spells its own way."""
        body = self.body
        said = self.headers.get("trackingid") or body.get("trackingId") or body.get("trackingID")
        return clean_tracking_id(said)


class WebexHttp:
    """Sends one request and returns one whole answer.

    Redirects are not followed: the token would go along.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        timeout_seconds: float,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        self._session = session
        self._max_answer_bytes = max_answer_bytes
        self._timeout_seconds = timeout_seconds

    async def get(self, url: str, *, access_token: str) -> WebexAnswer:
        """GET with a bearer token (RFC 6750 section 2.1); raise a WebexError unless it is 2xx."""
        return await self.send("GET", url, headers={"Authorization": f"Bearer {access_token}"})

    async def post_form(self, url: str, form: Mapping[str, str], **headers: str) -> WebexAnswer:
        """POST a form; raise a WebexError unless the answer is 2xx.

        Encoded here: aiohttp's FormData, made for files as well, takes three times as long.
        """
        body = form_encoded(form).encode()
        return await self.send("POST", url, data=body, headers={**FORM, **headers}, again=True)

    async def send(
        self, method: str, url: str, *, again: bool = False, **arguments: Any
    ) -> WebexAnswer:
        """Send with aiohttp's arguments; raise a WebexError unless the answer is 2xx and JSON.

        With `again`, once more on a connection of its own if a kept one breaks before any answer: the other
        end closed it while nobody looked, and has read nothing (RFC 9112 section 9.5). Both together have
        the time of one.
        """
        watch = WebexWatch(method, url)
        try:
            answer = await self._answer(method, url, again=again, **arguments)
        except WebexError as error:
            watch.failed(error)
            raise
        watch.ended(outcome_of(answer.status), status=answer.status, tracking_id=answer.tracking_id)
        if not 200 <= answer.status < 300:
            raise WebexRefusal(answer)
        return answer

    async def _answer(self, method: str, url: str, *, again: bool, **arguments: Any) -> WebexAnswer:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._asked(method, url, again=again, **arguments)
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            if isinstance(error.__cause__, UploadBrokenError):
                raise WebexAbandoned from None
            raise trouble(error) from None

    async def _asked(self, method: str, url: str, *, again: bool, **arguments: Any) -> WebexAnswer:
        way = watched()
        try:
            answer = await ask_kept(self._session, self._read, method, url, **arguments)
            return answer or await self._ask(self._session, method, url, **arguments)
        except BROKEN as error:
            if not (again and way.kept) or has_begun(error):
                raise
        async with open_session(force_close=True) as session:
            return await self._ask(session, method, url, **arguments)

    async def _ask(
        self, session: aiohttp.ClientSession, method: str, url: str, **arguments: Any
    ) -> WebexAnswer:
        async with session.request(
            method, url, timeout=CONNECTING, allow_redirects=False, **arguments
        ) as response:
            return await self._read(response.status, response.headers, response.content)

    async def _read(
        self, status: int, headers: Mapping[str, str], content: aiohttp.StreamReader
    ) -> WebexAnswer:
        raw = await _read_bounded(content, self._max_answer_bytes)
        if raw is None:
            raise WebexMalformed(tracking_id=clean_tracking_id(headers.get("trackingid")))
        try:
            body = _decoded(raw) if raw.strip() else {}
        except (ValueError, RecursionError):
            body = None
        if isinstance(body, dict):
            return WebexAnswer(status, headers, body)
        bare = WebexAnswer(status, headers, {})
        if status >= 400:  # an error stays that error, whatever its body is
            return bare
        raise WebexMalformed(tracking_id=bare.tracking_id)


def trouble(error: aiohttp.ClientError | OSError) -> WebexSlow | WebexUnreachable:
    """Return what an error of the client means: no connection, or no whole answer in time."""
    if isinstance(error, TimeoutError) and not never_connected(error):
        return WebexSlow()
    return WebexUnreachable(why_unreachable(error))


def clean_tracking_id(value: object) -> str | None:
    """Return a tracking id that is safe to show and to log, else None."""
    return value if isinstance(value, str) and TRACKING_ID.fullmatch(value) else None


def _decoded(raw: bytes) -> Any:
    """Read JSON. Lone surrogates, which JSON may hold (RFC 8259 section 8.2) and no page can, go."""
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(raw)
    # The fast decoder knows correct JSON only.
    text = raw.decode(errors="replace")
    body = json.loads(text)
    if "\\ud" in text.lower():
        return json.loads(json.dumps(body, ensure_ascii=False).encode(errors="replace"))
    return body


async def _read_bounded(content: aiohttp.StreamReader, max_bytes: int) -> bytes | None:
    """Read the body; None if it is longer than that: an endless answer must not fill the memory.

    What is left of it closes the connection.
    """
    # Mostly all has come by now.
    read: bytes | bytearray = await content.readany()
    if not content.at_eof():
        read = bytearray(read)
        while not content.at_eof() and len(read) <= max_bytes:
            read += await content.readany()
    return bytes(read) if len(read) <= max_bytes else None


def open_session(*, force_close: bool = False) -> aiohttp.ClientSession:
    """A session without a cookie jar: what Webex sets for one person must not go with the next."""
    proxy = webex_proxy()
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=Connector(force_close=force_close, hands_out_kept=not proxy),
        headers=OWN_HEADERS,
        requote_redirect_url=False,
        middlewares=proxy,
    )


def open_webex_http(*, timeout_seconds: int) -> tuple[aiohttp.ClientSession, WebexHttp]:
    """Open a session, and the wire over it."""
    session = open_session()
    return session, WebexHttp(session, timeout_seconds=timeout_seconds)

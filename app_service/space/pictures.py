"""Pictures of cards, fetched once for all viewers and given out from our own address.

A card's picture is chosen by whoever wrote the card. So the browser asks nobody but us, and we ask Webex's
content hosts and those that the operator named, at public addresses only, and give on what is a picture by
its first bytes. Nobody's token goes along: what is fetched once is shown to all, so it must be open to all.
"""

import asyncio
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from yarl import URL

from app_service.space.place import Place
from common.base64url import from_text, to_text
from common.webex.http import trouble
from common.webex.watch import WebexWatch, outcome_of

MAX_PICTURE_BYTES = 2 * 1024 * 1024
MAX_ADDRESS = 2000
# Of all pictures together, and how long one is kept; a failure is tried again sooner.
MEMORY_BYTES = 24 * 1024 * 1024
KEPT_SECONDS = 600
FAILURE_KEPT_SECONDS = 30
AT_ONCE = 10
TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=3)
# Where Webex keeps contents of messages besides its API.
WEBEX_HOSTS = (".webexcontent.com", ".wbx2.com", ".webex.com")


@dataclass(frozen=True, slots=True)
class Picture:
    content_type: str
    body: bytes = field(repr=False)


class NoPictureError(Exception):
    """There is none to show: not there, too large, no picture, or nobody answers."""


class PictureAddresses:
    """Our own addresses for pictures, which nobody else can make or read (RFC 5297, AES-SIV).

    The same picture has the same address for everybody, so that one page serves all and is kept.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Take SESSION_KEYS, newest first."""
        self._ciphers = [AESSIV(_derived(key)) for key in keys]

    def seal(self, url: str, place: str) -> str:
        """The last part of the path for a picture in one place (a space's id)."""
        sealed = self._ciphers[0].encrypt(url.encode(), [place.encode()])
        return to_text(sealed)

    def open(self, address: str, place: str) -> str:
        """The picture's own address; raise NoPictureError for what was not made here for this place."""
        try:
            sealed = from_text(address)
        except ValueError:
            raise NoPictureError from None
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed, [place.encode()]).decode()
            except (InvalidTag, ValueError):
                continue
        raise NoPictureError


def _derived(key: str) -> bytes:
    return HKDF(SHA256(), 64, salt=None, info=b"picture addresses").derive(key.encode())


@dataclass(frozen=True)
class PictureLinks:
    """What a page names a card's pictures by, in one space."""

    pictures: "Pictures"
    addresses: PictureAddresses
    room_id: str
    place: Place

    def link(self, url: str) -> str | None:
        """The path on this site; None for a picture that is not shown."""
        if not self.pictures.is_shown(url):
            return None
        return f"{self.place.page}/pictures/{self.addresses.seal(url, self.room_id)}"

    async def get(self, address: str) -> Picture:
        """The picture behind the last part of such a path; raise NoPictureError."""
        return await self.pictures.get(self.addresses.open(address, self.room_id))


@dataclass(frozen=True)
class PublicResolver(AbstractResolver):
    """Names of public addresses only: a card must not make us knock at doors behind our own."""

    resolver: AbstractResolver

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        found = await self.resolver.resolve(host, port, family)  # type: ignore[arg-type]
        public = [each for each in found if ipaddress.ip_address(each["host"]).is_global]
        if not public:
            raise OSError("no public address")
        return public

    async def close(self) -> None:
        await self.resolver.close()


def open_outside() -> aiohttp.ClientSession:
    """A client for hosts that are not Webex's: no cookies, no proxy, public addresses only."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(resolver=PublicResolver(ThreadedResolver()), limit=AT_ONCE),
        headers={"User-Agent": "webex-oauth-pair", "Accept": "image/*"},
        requote_redirect_url=False,
    )


class Pictures:
    """Says which addresses are shown, and fetches them."""

    def __init__(
        self,
        webex: aiohttp.ClientSession,
        outside: aiohttp.ClientSession,
        *,
        hosts: frozenset[str],
    ) -> None:
        """`webex` reaches Webex, by its proxy if there is one; `hosts` are CARD_IMAGE_HOSTS."""
        self._webex, self._outside = webex, outside
        self._hosts = hosts
        self._kept: OrderedDict[str, tuple[float, asyncio.Task[Picture]]] = OrderedDict()

    def is_shown(self, url: str) -> bool:
        """Whether a card's picture is fetched at all."""
        if len(url) > MAX_ADDRESS or not url.isascii() or not url.isprintable() or " " in url:
            return False
        try:
            parts = URL(url, encoded=True)
        except ValueError:
            return False
        host = parts.host or ""
        known = host in self._hosts or host.endswith(WEBEX_HOSTS)
        return known and parts.user is None and parts.scheme == "https" and parts.port == 443

    async def get(self, url: str) -> Picture:
        """The picture; raise NoPictureError. One request, however many ask at once."""
        if not self.is_shown(url):
            raise NoPictureError
        now = time.monotonic()
        until, task = self._kept.get(url, (0.0, None))
        if task is None or until < now:
            task = asyncio.create_task(self._fetch(url))
            task.add_done_callback(lambda done: self._ended(url, done))
            self._kept[url] = (now + KEPT_SECONDS, task)
        self._kept.move_to_end(url)
        # Somebody who leaves takes the picture from nobody else.
        return await asyncio.shield(task)

    def _ended(self, url: str, task: asyncio.Task[Picture]) -> None:
        if self._kept.get(url, (0.0, None))[1] is not task:
            return
        if task.cancelled() or task.exception() is not None:
            self._kept[url] = (time.monotonic() + FAILURE_KEPT_SECONDS, task)
        size = sum(_size(kept) for _, kept in self._kept.values())
        while size > MEMORY_BYTES or len(self._kept) > 2000:
            _, (_, oldest) = self._kept.popitem(last=False)
            size -= _size(oldest)

    async def _fetch(self, url: str) -> Picture:
        parts = URL(url, encoded=True)
        session = self._outside if parts.host in self._hosts else self._webex
        # By this name: the address is the message's, and its words are anybody's.
        watch = WebexWatch("GET", "/pictures")
        try:
            async with session.get(parts, timeout=TIMEOUT, allow_redirects=False) as answer:
                picture = await _read(answer) if answer.status == 200 else None
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            watch.failed(trouble(error))
            raise NoPictureError from None
        watch.ended(outcome_of(answer.status), status=answer.status, tracking_id=None)
        if picture is None:
            raise NoPictureError
        return picture


def _size(task: asyncio.Task[Picture]) -> int:
    done = task.done() and not task.cancelled() and task.exception() is None
    return len(task.result().body) if done else 0


async def _read(answer: aiohttp.ClientResponse) -> Picture | None:
    """The picture; None if it is none, or too large."""
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65536):
        body += chunk
        if len(body) > MAX_PICTURE_BYTES:
            answer.close()
            return None
    content_type = kind_of(bytes(body[:16]))
    return Picture(content_type, bytes(body)) if content_type else None


def kind_of(start: bytes) -> str | None:
    """The media type by the first bytes (WHATWG MIME Sniffing, 6.1); SVG is a program and not among them."""
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if start.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if start[:4] == b"RIFF" and start[8:14] == b"WEBPVP":
        return "image/webp"
    return None

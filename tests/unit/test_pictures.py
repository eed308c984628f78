"""Pictures of cards: whose are fetched, what counts as one, and who can make an address of ours."""

import socket
from collections.abc import Callable

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from app_service.space.pictures import (
    NoPictureError,
    PictureAddresses,
    Pictures,
    PublicResolver,
    kind_of,
    open_outside,
)
from common.webex.http import open_webex_http

URL = "https://files.webexcontent.com/a?b=c"
OLD, NEW = "o" * 32, "n" * 32


def test_an_address_opens_for_its_place_and_is_the_same_for_everybody() -> None:
    addresses = PictureAddresses([NEW])
    sealed = addresses.seal(URL, "room")
    assert sealed == PictureAddresses([NEW]).seal(URL, "room")
    assert addresses.open(sealed, "room") == URL
    assert "webexcontent" not in sealed


def test_an_address_of_the_former_key_still_opens() -> None:
    sealed = PictureAddresses([OLD]).seal(URL, "room")
    assert PictureAddresses([NEW, OLD]).open(sealed, "room") == URL


@pytest.mark.parametrize(
    "change", [lambda s: s[:-1], lambda s: "A" + s[1:], lambda _: "", lambda _: "ü~"]
)
def test_nobody_else_makes_one(change: Callable[[str], str]) -> None:
    addresses = PictureAddresses([NEW])
    sealed = addresses.seal(URL, "room")
    with pytest.raises(NoPictureError):
        addresses.open(change(sealed), "room")
    with pytest.raises(NoPictureError):
        addresses.open(sealed, "another room")
    with pytest.raises(NoPictureError):
        PictureAddresses([OLD]).open(sealed, "room")


async def shown(url: str) -> bool:
    webex, _ = open_webex_http(timeout_seconds=1)
    outside = open_outside()
    pictures = Pictures(webex, outside, hosts=frozenset({"img.example.com"}))
    try:
        return pictures.is_shown(url)
    finally:
        await webex.close()
        await outside.close()


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://img.example.com/x",
        "https://img.example.com:443/x",
    ],
)
async def test_pictures_of_webex_and_of_named_hosts_are_shown(url: str) -> None:
    assert await shown(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://webexapis.com/v1/contents/x",
        "http://files.webexcontent.com/a",
        "https://webexcontent.com.example/a",
        "https://xwebexcontent.com/a",
        "https://files.webexcontent.com:444/a",
        "https://a@files.webexcontent.com/a",
        "https://a:b@img.example.com/a",
        "https://sub.img.example.com/a",
        "http://img.example.com/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "//img.example.com/a",
        "/a",
        "data:image/png;base64,AA",
        "https://img.example.com/a b",
        "https://img.example.com/\n",
        "https://img.example.com/ä",
        "https://img.example.com/" + "a" * 2000,
        "https://",
        "",
    ],
)
async def test_no_other_is(url: str) -> None:
    assert not await shown(url)


class Names(AbstractResolver):
    def __init__(self, *hosts: str) -> None:
        self._hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self._hosts
        ]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "192.168.0.1",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.1",
    ],
)
async def test_a_name_that_leads_behind_our_own_doors_leads_nowhere(address: str) -> None:
    with pytest.raises(OSError, match="no public address"):
        await PublicResolver(Names(address)).resolve("img.example.com")
    [one] = await PublicResolver(Names(address, "93.184.216.34")).resolve("img.example.com")
    assert one["host"] == "93.184.216.34"


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg xmlns=", None),
        (b"<!DOCTYPE html>", None),
        (b"", None),
    ],
)
def test_a_picture_is_what_begins_like_one(start: bytes, kind: str | None) -> None:
    assert kind_of(start) == kind

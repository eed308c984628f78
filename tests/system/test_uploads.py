"""Files through the real nginx: Webex's limit where they are sent, and nothing held on the way."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from harness.browser_like import Browser
from harness.stack import Stack
from tests.member import WIDGET_SCOPES
from webex_sandbox.space.demo import DEMO_SPACE_ID

MEGABYTE = 1024 * 1024
LIMIT = 100
OURS = {"X-Requested-With": "widget", "Sec-Fetch-Site": "same-origin"}
# A service and what it has under way; the file is three times this.
MOST_HELD = 30 * MEGABYTE


async def megabytes(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * MEGABYTE


async def send(stack: Stack, browser: Browser, size: int, path: str = "/api/space/files") -> int:
    """Send a file of so many megabytes; the status of the answer, 0 if the connection was cut off."""
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("size", str(size * MEGABYTE))
    data.add_field("file", megabytes(size), filename="large.bin")
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {**OURS, "Cookie": cookie}
    async with aiohttp.ClientSession() as http:
        try:
            async with http.post(f"{stack.url}{path}", data=data, headers=headers) as answer:
                return answer.status
        except aiohttp.ClientOSError:
            return 0


def most_held(stack: Stack) -> int:
    """The most memory that any process of the app services has ever had, in bytes."""
    most = 0
    for name in ("app_service", "app_service.2"):
        process = stack.process(name)
        for pid in (process.pid, *process.children()):
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
            most = max(most, int(found[1]) * 1024 if found else 0)
    return most


async def member(browser: Browser) -> Browser:
    await browser.sign_in(scope=WIDGET_SCOPES)
    assert (await browser.visit("/widget")).status == 200
    return browser


async def test_a_file_of_webexs_limit_passes_and_is_never_held(
    stack: Stack, browser: Browser
) -> None:
    ada = await member(browser)
    for _ in range(2):
        assert await send(stack, ada, 1) == 200
    before = most_held(stack)
    assert await send(stack, ada, LIMIT) == 200
    assert most_held(stack) - before < MOST_HELD


async def test_a_larger_file_ends_at_nginx(stack: Stack, browser: Browser) -> None:
    assert await send(stack, await member(browser), LIMIT + 1) in (0, 413)


@pytest.mark.parametrize(
    "path", ["/widget/files", "/spaces/SPACE/files", "/api/spaces/SPACE/files"]
)
async def test_every_place_for_files_lets_them_through(
    stack: Stack, browser: Browser, path: str
) -> None:
    ada = await member(browser)
    answered = await send(stack, ada, 1, path.replace("SPACE", DEMO_SPACE_ID))
    # A page leads back to itself, and shows the space.
    assert answered == 200


@pytest.mark.parametrize("path", ["/api/space/files/", "/api/space/messages", "/widget", "/login"])
async def test_every_other_path_takes_64_kilobytes(
    stack: Stack, browser: Browser, path: str
) -> None:
    assert await send(stack, browser, 1, path) in (0, 413)

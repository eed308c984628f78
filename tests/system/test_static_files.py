"""Static files come from disk, under names that never change their meaning."""

import re

import pytest

from harness.browser_like import Browser
from harness.stack import Stack
from tests.system.raw_http import exchange, statuses

NEVER_AGAIN = "public, max-age=31536000, immutable"


async def test_a_page_names_files_that_a_browser_may_keep_for_ever(browser: Browser) -> None:
    names = re.findall(r'"(/static/[^"]+)"', (await browser.get("/")).text)
    assert any(name.endswith(".css") for name in names)
    for name in names:
        answer = await browser.get(name)
        assert answer.status == 200, name
        assert answer.headers["Cache-Control"] == NEVER_AGAIN
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_file_of_another_release_is_not_found_and_not_kept(browser: Browser) -> None:
    answer = await browser.get("/static/site.000000000000.css")
    assert answer.status == 404
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_service_has_the_files_of_its_own_release_too(
    browser: Browser, stack: Stack
) -> None:
    """For an nginx of another one."""
    [name] = re.findall(r'"(/static/site[^"]+css)"', (await browser.get("/")).text)
    here = await browser.get(name)
    async with Browser(stack.url, lambda _: stack.service_url("app_service")) as past_nginx:
        there = await past_nginx.get(name)
    assert there.status == 200
    assert there.text == here.text
    for header in ("Cache-Control", "X-Content-Type-Options"):
        assert there.headers[header] == here.headers[header]
    assert there.headers["Content-Type"].startswith("text/css")


async def test_style_sheets_travel_compressed(stack: Stack) -> None:
    [file] = (stack.folder / "public" / "static").glob("site.*.css")
    head = f"GET /static/{file.name} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n"
    answer = await exchange(stack.ports.door, f"{head}Connection: close\r\n\r\n".encode())
    assert b"Content-Encoding: gzip" in answer
    assert len(answer) < file.stat().st_size


@pytest.mark.parametrize(
    "path",
    [
        *("/static", "/static/", "/static/.", "/static/errors/404.html", "/errors/404.html"),
        *("/static/../errors/404.html", "/static/..%2ferrors/404.html", "/static/../../nginx.conf"),
        *("/static/%2e%2e/%2e%2e/secrets/session_keys", "/static/..%5c..%5csecrets", "/static/%00"),
    ],
)
async def test_nothing_but_static_files_comes_from_disk(stack: Stack, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert statuses(await exchange(stack.ports.door, request.encode())) in ([404], [400])

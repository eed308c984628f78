"""Requests that no HTTP library sends, straight at a service: refused, and nothing of them is logged."""

import asyncio
import logging

import pytest

from common.telemetry.logs import JsonLines
from common.telemetry.unreadable_requests import UnreadableRequests
from harness.browser_like import Browser
from harness.site import Site
from tests.failure_answers import failure_page

CANARY = "canary-code-0123456789"
UNREADABLE = (
    f"GET /oauth?code={CANARY} HTTP/9.9\r\nHost: x\r\n\r\n",
    f"G\x01T /oauth?code={CANARY} HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET /oauth?code={CANARY}{'x' * 70_000} HTTP/1.1\r\nHost: x\r\n\r\n",
    f"GET / HTTP/1.1\r\nHost: x\r\nCookie: session={CANARY}\x00\r\n\r\n",
    f"GET /\xff?code={CANARY} HTTP/1.1\r\nHost: x\r\n\r\n",
)


@pytest.mark.parametrize(
    "raw", UNREADABLE, ids=["version", "method", "too long", "header", "raw byte"]
)
async def test_an_unreadable_request_is_refused_and_not_quoted(
    site: Site,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    raw: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    # As in production; the other settings send lines past caplog.
    monkeypatch.setattr(logging.getLogger("aiohttp.server"), "filters", [UnreadableRequests()])
    port = int(site.auth_urls[0].rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw.encode("latin-1"))
    answer = await reader.read()
    writer.close()
    # aiohttp quotes the request to whoever sent it. Through nginx such a request does not get here.
    assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
    lines = [JsonLines().format(record) for record in caplog.records]
    lines += capsys.readouterr().err.splitlines()
    assert not any(CANARY in line for line in lines)
    assert not any("AssertionError" in line for line in lines)
    # A stranger's line is no error: alerts are for what is wrong here.
    assert not any('"level":"error"' in line for line in lines)
    assert any('"route":"none"' in line and '"status":400' in line for line in lines)


async def test_all_that_nginx_lets_in_is_answered_by_a_page(browser: Browser) -> None:
    """Over HTTP/2 nginx joins the cookies of several fields, and measures an address compressed."""
    cookies = "; ".join(f"c{number}={'x' * 4000}" for number in range(8))
    assert (await browser.get("/", Cookie=cookies)).status == 200
    answer = await browser.get(f"/oauth?code={'x' * 12_000}")
    failure_page(answer, 400, "This is not a valid callback")

"""One request id from nginx through both services to what Webex calls the request."""

import json
from typing import Any

import pytest

from harness.browser_like import Browser
from harness.eventually import eventually
from harness.sandbox_control import SandboxControl
from harness.stack import Stack

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


def lines(stack: Stack, *names: str) -> list[dict[str, Any]]:
    text = "".join(stack.logs(name) for name in names)
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


async def of_request(stack: Stack, process: str, request_id: str) -> list[dict[str, Any]]:
    """What every replica of a process wrote about one request, when its last line is there."""
    names = [name for name in stack.processes if name.partition(".")[0] == process]
    found: list[dict[str, Any]] = []

    async def is_complete() -> bool:
        found[:] = [line for line in lines(stack, *names) if line.get("request_id") == request_id]
        return any(line["event"] == "request" for line in found)

    await eventually(is_complete)
    return found


async def asked(stack: Stack, browser: Browser, **headers: str) -> str:
    """GET /api/me; return the id that nginx gave this request."""
    seen = len(lines(stack, "nginx"))
    ids: list[str] = []
    await browser.get("/api/me", **headers)

    async def is_written() -> bool:
        newer = lines(stack, "nginx")[seen:]
        ids[:] = [line["request_id"] for line in newer if line["path"] == "/api/me"]
        return bool(ids)

    await eventually(is_written)
    return ids[0]


async def refreshed(stack: Stack, browser: Browser, **headers: str) -> str:
    """The same for a request that needs a new access token."""
    await browser.sign_in()
    sandbox = SandboxControl(stack.sandbox_url)
    await sandbox.policy(refresh_mode="rotating")
    await sandbox.expire_tokens(access=True)
    return await asked(stack, browser, **headers)


@pytest.fixture
async def request_id(stack: Stack, browser: Browser) -> str:
    return await refreshed(stack, browser)


async def test_the_id_of_nginx_is_in_the_lines_of_both_services(
    stack: Stack, request_id: str
) -> None:
    app = {line["event"] for line in await of_request(stack, "app_service", request_id)}
    auth = {line["event"] for line in await of_request(stack, "auth_service", request_id)}
    assert {"request", "webex_request"} <= app
    assert {"request", "webex_request", "refreshed"} <= auth


async def test_what_webex_calls_the_request_stands_beside_our_id(
    stack: Stack, request_id: str
) -> None:
    calls = [
        line
        for service in ("app_service", "auth_service")
        for line in await of_request(stack, service, request_id)
        if line["event"] == "webex_request"
    ]
    assert {line["endpoint"] for line in calls} == {"people", "access_token"}
    assert all(line["tracking_id"] for line in calls)


async def test_an_id_from_outside_is_not_believed(stack: Stack, browser: Browser) -> None:
    theirs = "ab" * 16
    ours = await asked(stack, browser, X_Request_Id=theirs)
    assert len(await of_request(stack, "app_service", ours)) == 2  # the failure, the request
    assert theirs not in stack.logs()


async def test_a_trace_goes_through_both_services(stack: Stack, browser: Browser) -> None:
    request_id = await refreshed(stack, browser, Traceparent=TRACEPARENT, Tracestate="a=b")
    for service in ("app_service", "auth_service"):
        found = await of_request(stack, service, request_id)
        assert {line["trace_id"] for line in found} == {TRACE_ID}, service


@pytest.mark.parametrize(
    "malformed",
    ["00-zz-yy-01", f"{TRACEPARENT}-extra", f"ff{TRACEPARENT[2:]}", "0" * 900],
)
async def test_a_malformed_trace_is_dropped(stack: Stack, browser: Browser, malformed: str) -> None:
    request_id = await asked(stack, browser, Traceparent=malformed)
    found = await of_request(stack, "app_service", request_id)
    assert all("trace_id" not in line for line in found)

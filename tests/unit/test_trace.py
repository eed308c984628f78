"""Which request a log line belongs to."""

import asyncio
import json
import logging

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from common.telemetry import trace
from common.telemetry.logs import JsonLines

REQUEST_ID = "0123456789abcdef" * 2
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def request(**headers: str) -> web.Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", "/", headers=named)


def line() -> dict[str, object]:
    record = logging.LogRecord("common", logging.INFO, "f", 1, "signed_in", (), None)
    return dict(json.loads(JsonLines().format(record)))


async def in_a_task() -> tuple[dict[str, object], dict[str, str]]:
    return line(), trace.onward_headers()


async def test_a_line_carries_the_id_of_the_request_it_was_written_for() -> None:
    async def handle(request_id: str) -> object:
        trace.begin(request(X_Request_Id=request_id))
        await asyncio.sleep(0)
        return line()["request_id"]

    ids = [f"{number:032x}" for number in range(20)]
    assert await asyncio.gather(*map(handle, ids)) == ids


async def test_what_a_request_starts_behind_its_answer_works_for_it_too() -> None:
    trace.begin(request(X_Request_Id=REQUEST_ID, Traceparent=TRACEPARENT, Tracestate="a=b"))
    written, headers = await asyncio.create_task(in_a_task())
    assert written["request_id"] == REQUEST_ID
    assert headers == {
        "X-Request-Id": REQUEST_ID,
        "Traceparent": TRACEPARENT,
        "Tracestate": "a=b",
    }


async def test_without_a_request_a_line_names_none() -> None:
    trace.begin(request())
    assert "request_id" not in line()
    assert trace.onward_headers() == {}


async def test_what_has_not_the_right_form_is_neither_written_nor_passed_on() -> None:
    trace.begin(
        request(X_Request_Id="canary", Traceparent=f"00-{'0' * 32}-{'1' * 16}-01", Tracestate="a=b")
    )
    assert "canary" not in json.dumps(line())
    assert trace.onward_headers() == {}

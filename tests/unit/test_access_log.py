"""The line and the count of a request, also of those that end in the same turn of the event loop."""

import asyncio
import io
import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from prometheus_client import REGISTRY

from common.telemetry import trace
from common.telemetry.access_log import AccessLog, log
from common.telemetry.coalesced import deal_with_all

PATTERN = "/{message}"
IDS = [f"{number:032x}" for number in range(1, 21)]
STATUSES = [200 + number for number in range(20)]


async def handler(_: web.Request) -> web.Response:
    return web.Response()


MATCH = web.UrlMappingMatchInfo({}, web.UrlDispatcher().add_get(PATTERN, handler))


@pytest.fixture(autouse=True)
def told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=log.name)


async def end(
    request_id: str, response: web.StreamResponse, *, begun: bool = True, seconds: float = 0.01239
) -> None:
    """As aiohttp does: in the task that has handled the request."""
    request = make_mocked_request("GET", "/secret", headers={"X-Request-Id": request_id})
    request._match_info = MATCH  # noqa: SLF001 - an empty one is not taken
    if begun:
        trace.begin(request)
    AccessLog(log, "").log(request, response, seconds)


async def lines(
    capsys: pytest.CaptureFixture[str], answers: Sequence[tuple[str, web.StreamResponse]]
) -> list[dict[str, Any]]:
    await asyncio.gather(*(end(*each) for each in answers))
    deal_with_all()
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


async def test_requests_that_end_together_keep_their_own_ids_and_answers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = [
        (each, web.Response(status=status)) for each, status in zip(IDS, STATUSES, strict=True)
    ]
    found = await lines(capsys, answers)
    assert [(line["request_id"], line["status"]) for line in found] == list(
        zip(IDS, STATUSES, strict=True)
    )


async def test_a_line_has_the_pattern_and_the_time_and_nothing_of_the_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (line,) = await lines(capsys, [(IDS[0], web.Response())])
    del line["time"]
    assert line == {
        "level": "info",
        "logger": "common.access",
        "event": "request",
        "request_id": IDS[0],
        "method": "GET",
        "route": PATTERN,
        "status": 200,
        "ms": 12.3,
    }


async def test_a_request_that_nothing_has_begun_has_the_id_it_came_with(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await end(IDS[0], web.Response(status=400), begun=False)
    deal_with_all()
    assert json.loads(capsys.readouterr().err)["request_id"] == IDS[0]


async def test_requests_that_end_together_are_all_counted_and_streams_have_no_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = count("404"), seconds()
    answers = [web.Response(status=404), web.Response(status=404), web.StreamResponse(status=404)]
    await lines(capsys, list(zip(IDS, answers, strict=False)))
    assert (count("404"), seconds()) == (before[0] + 3, before[1] + 2)


class Unread(io.StringIO):
    """A pipe whose other end is gone."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


async def test_where_nobody_reads_the_log_requests_are_counted_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = count("410")
    monkeypatch.setattr("sys.stderr", Unread())
    await end(IDS[0], web.Response(status=410))
    deal_with_all()
    assert count("410") == before + 1


def count(status: str) -> float:
    labels = {"method": "GET", "route": PATTERN, "status": status}
    return REGISTRY.get_sample_value("http_requests_total", labels) or 0


def seconds() -> float:
    return REGISTRY.get_sample_value("http_request_seconds_count", {"route": PATTERN}) or 0

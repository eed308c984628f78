"""Log lines: one JSON object each, and no value that somebody else chose."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from logging.config import dictConfig
from typing import Any

import pytest
from aiohttp.http_exceptions import BadHttpMessage

from common.telemetry.coalesced import deal_with_all
from common.telemetry.logs import FrequentLine, JsonLines, beginning, logging_settings, say

SECRET = "insecure-token-that-nobody-may-read"


def line(name: str, message: str, *args: object, **extra: object) -> dict[str, Any]:
    record = logging.getLogger(name).makeRecord(
        name, logging.WARNING, "f", 1, message, args, None, extra=extra
    )
    text = JsonLines().format(record)
    assert "\n" not in text
    return dict(json.loads(text))


def fail() -> None:
    raise ValueError(SECRET)


def fail_with_a_cause() -> None:
    try:
        fail()
    except ValueError as error:
        raise KeyError(SECRET) from error


def exception_line(failing: Callable[[], None]) -> dict[str, Any]:
    with pytest.raises((ValueError, KeyError)) as caught:
        failing()
    info = (caught.type, caught.value, caught.tb)
    logger = logging.getLogger("common")
    record = logger.makeRecord("common", logging.ERROR, "f", 1, "unforeseen", (), info)
    return dict(json.loads(JsonLines().format(record)))


def test_a_line_says_when_how_bad_who_and_what() -> None:
    entry = line("common.store.access", "redis_unavailable", reason="TimeoutError")
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "warning",
        "logger": "common.store.access",
        "event": "redis_unavailable",
        "reason": "TimeoutError",
    }


def test_what_is_unknown_is_left_out() -> None:
    assert "tracking_id" not in line("common", "failure", tracking_id=None)


def test_a_librarys_message_is_cut_before_its_values() -> None:
    entry = line("aiohttp.client", "Unclosed connection %s", SECRET)
    assert entry["event"] == "Unclosed connection "
    assert SECRET not in json.dumps(line("redis", f"first line\n{SECRET}"))


def test_a_line_break_in_a_value_makes_no_second_line() -> None:
    assert line("common", "failure", slug="a\nb")["slug"] == "a\nb"


def test_a_traceback_shows_where_and_not_what() -> None:
    entry = exception_line(fail)
    assert entry["exception"] == "ValueError"
    assert entry["where"][-1].endswith("fail")
    assert SECRET not in json.dumps(entry)


def test_neither_does_a_traceback_of_an_exception_with_a_cause() -> None:
    assert SECRET not in json.dumps(exception_line(fail_with_a_cause))


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_libraries_that_quote_headers_stay_quiet_at_every_level(level: str) -> None:
    settings = logging_settings(level)
    assert settings["root"]["level"] == level.upper()
    assert settings["loggers"]["gunicorn.access"]["level"] == "CRITICAL"
    for library in ("asyncio", "aiohttp", "redis"):
        assert settings["loggers"][library]["level"] != "DEBUG"


class Line(FrequentLine):
    status: int = 200


async def test_a_frequent_line_has_the_form_of_all_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger = logging.getLogger("common.frequent")
    logger.setLevel(logging.INFO)
    for number in (1, 2):
        say(logger, Line(*beginning(logger, "request"), status=200 + number))
    deal_with_all()
    first, second = (json.loads(each) for each in capsys.readouterr().err.splitlines())
    assert datetime.fromisoformat(first.pop("time")).tzinfo is UTC
    event = {"level": "info", "logger": "common.frequent", "event": "request"}
    assert first == {**event, "status": 201}
    assert second["status"] == 202


async def test_a_frequent_line_is_left_out_at_a_level_above_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger = logging.getLogger("common.frequent")
    logger.setLevel(logging.WARNING)
    say(logger, Line(*beginning(logger, "request")))
    deal_with_all()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("level", "written"), [("info", ["info"]), ("warning", [])])
def test_a_request_that_is_no_http_writes_no_line_of_level_error(
    level: str,
    written: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Anybody can send one, so it must ring no pager; what goes wrong at the server itself still does."""
    server, root = logging.getLogger("aiohttp.server"), logging.getLogger()
    monkeypatch.setattr(server, "filters", [])
    before = root.handlers[:], root.level
    try:
        dictConfig(logging_settings(level))
        for error in (BadHttpMessage("quoted"), ValueError("ours")):
            server.error("Error handling request from %s", "a", exc_info=error)
    finally:
        root.handlers[:], root.level = before
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [one["level"] for one in lines] == [*written, "error"]

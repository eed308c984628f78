"""What a person at a terminal reads of what the processes write."""

import json
from typing import Any

import pytest

from local_stack.log_lines import ForPeople
from local_stack.ports import Ports

WITH_SANDBOX = Ports.next_to(8080, sandbox=8090)
WITH_WEBEX = Ports.next_to(8080, sandbox=None)
ACCESS = {"event": "request", "logger": "common.access", "request_id": "1f", "method": "GET"}
WEBEX = {"event": "webex_request", "method": "GET", "endpoint": "people", "ms": 2.8}
AT_THE_DOOR = {"logger": "nginx", "event": "request", "method": "GET", "seconds": 0.011}


def shown(process: str, line: str | dict[str, Any], ports: Ports = WITH_SANDBOX) -> list[str]:
    """Without the time, and without colours."""
    text = line if isinstance(line, str) else json.dumps({"time": "2026", "level": "info"} | line)
    lines = ForPeople(ports, paint=lambda text, _: text).show(process, text)
    return [line[10:] if line[2:3] == ":" else line.strip() for line in lines]


def test_a_request_of_the_browser_is_told_once_and_by_the_service_that_answered() -> None:
    at_the_door = {**AT_THE_DOOR, "path": "/widget", "status": 200, "upstream": "127.0.0.1:8082"}
    assert shown("nginx", at_the_door) == ["app_service    GET /widget 200 11 ms"]
    assert shown("app_service", {**ACCESS, "route": "/widget", "status": 200, "ms": 9.0}) == []


def test_what_no_service_answered_is_told_by_the_door_itself() -> None:
    at_the_door = {**AT_THE_DOOR, "path": "/static/x.css", "status": 404, "upstream": ""}
    assert shown("nginx", at_the_door) == ["nginx          GET /static/x.css 404 11 ms"]


def test_a_call_between_the_services_never_comes_to_the_door_and_is_told() -> None:
    call = {**ACCESS, "route": "/internal/refresh", "status": 200, "ms": 9.0}
    assert shown("auth_service.2", call) == ["auth_service   GET /internal/refresh 200 9 ms"]


def test_a_call_of_webex_is_told_once() -> None:
    line = "2026-11-29 05:00:24,242 INFO webex_sandbox.access GET /v1/people/me 200 0.3 ms"
    assert shown("webex_sandbox", line) == ["webex_sandbox  GET /v1/people/me 200 0 ms"]
    answered = {**WEBEX, "outcome": "2xx", "status": 200, "tracking_id": "T"}
    assert shown("app_service", answered) == []
    told = "webex_request method=GET endpoint=people ms=2.8 outcome=2xx status=200"
    assert shown("app_service", answered, WITH_WEBEX) == [f"app_service    {told}"]


def test_a_webex_that_could_not_be_reached_is_told_in_any_case() -> None:
    [line] = shown("app_service", {**WEBEX, "outcome": "unreachable"})
    assert "outcome=unreachable" in line


def test_what_to_check_is_a_line_of_its_own() -> None:
    failure = {"event": "failure", "slug": "webex_unreachable", "why": "dns", "check": "The DNS."}
    first, check = shown("app_service", failure)
    assert first == "app_service    failure slug=webex_unreachable why=dns"
    assert check == "The DNS."


@pytest.mark.parametrize(
    ("process", "line"),
    [
        ("redis", "1:M 29 Nov 2026 05:00:23.194 # Server initialized"),
        ("webex_sandbox", "2026-11-29 05:00:23,661 INFO webex_sandbox Listening; it is at x"),
        (
            "webex_sandbox",
            "2026-11-29 05:00:23,706 INFO webex_sandbox.access GET /healthz 200 1 ms",
        ),
        ("app_service", {"logger": "gunicorn.error", "event": "Booting worker with pid: 1"}),
        ("app_service", {"event": "failure", "slug": "not_found", "status": 404}),
        ("app_service", {"event": "failure", "slug": "unforeseen", "status": 500}),
    ],
)
def test_the_everyday_noise_of_programs_is_left_out(
    process: str, line: str | dict[str, Any]
) -> None:
    assert shown(process, line) == []


def test_what_happened_is_told_with_its_details() -> None:
    line = {"event": "sessions_ended", "logger": "x", "request_id": "1f", "count": 2}
    assert shown("auth_service", line) == ["auth_service   sessions_ended count=2"]


def test_a_mistake_is_told_with_its_place_and_the_reference_on_the_page() -> None:
    line = {
        "event": "unforeseen",
        "level": "error",
        "request_id": "1f",
        "error": "KeyError: 'displayNam'",
        "file": "app_service/handlers.py",
        "line": 41,
        "source": "return me['displayNam']",
        "where": ["app.py:1 x"],
    }
    assert shown("app_service", line) == [
        "app_service    KeyError: 'displayNam'",
        "app_service/handlers.py:41",
        "return me['displayNam']",
        "reference 1f",
    ]


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", "{no json", "[1]", '"x"'])
def test_what_is_no_line_of_ours_is_shown_as_it_is(line: str) -> None:
    assert shown("nginx", line) == [f"nginx          {line}"]


def test_no_line_moves_the_cursor_or_renames_the_window() -> None:
    evil = "\x1b]0;renamed\x07\x1b[2J"
    for line in (evil, {"event": "failure", "slug": evil}, {**AT_THE_DOOR, "path": evil}):
        assert all(text.isprintable() for text in shown("nginx", line))

"""What nginx answers by itself looks and is protected like every other page; an API gets problem+json."""

from dataclasses import dataclass

import pytest

from harness.pages import PageText
from harness.stack import Stack, free_ports_in_a_row
from local_stack.ports import HOST
from tests.system import raw_http2
from tests.system.played_service import PlayedService
from tests.system.raw_http import exchange, statuses

BIG = "a" * 9000
FAILURES = {
    "bad request": ("GET {path} HTTP/1.1\r\nHost: x\r\nBad Name: x\r\n", 400),
    "raw byte in the path": ("GET /caf\xe9 HTTP/1.1\r\nHost: x\r\n", 400),
    "raw byte in the query": ("GET {path}?q=\xff HTTP/1.1\r\nHost: x\r\n", 400),
    "method": ("DELETE / HTTP/1.1\r\nHost: x\r\n", 405),
    "trace": ("TRACE {path} HTTP/1.1\r\nHost: x\r\n", 405),
    "body": ("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n", 413),
    "address": (f"GET {{path}}?code={BIG} HTTP/1.1\r\nHost: x\r\n", 414),
    "headers": (f"GET {{path}} HTTP/1.1\r\nHost: x\r\nCookie: {BIG}\r\n", 431),
    "service down": ("GET {path} HTTP/1.1\r\nHost: x\r\n", 502),
    "closed": ("GET /metrics HTTP/1.1\r\nHost: x\r\n", 404),
}


@dataclass(frozen=True)
class Raw:
    status: int
    headers: dict[str, str]
    body: str


async def ask(stack: Stack, head: str, path: str = "/") -> Raw:
    request = head.replace("{path}", path) + "Connection: close\r\n\r\n"
    answer = await exchange(stack.ports.door, request.encode("latin-1"))
    fields, _, body = answer.decode().partition("\r\n\r\n")
    lines = [line.partition(": ") for line in fields.split("\r\n")[1:]]
    return Raw(statuses(answer)[0], {name.lower(): value for name, _, value in lines}, body)


@pytest.mark.parametrize(("head", "status"), FAILURES.values(), ids=FAILURES.keys())
async def test_each_failure_of_nginx_has_a_page_and_its_protection(
    door: Stack, head: str, status: int
) -> None:
    answer = await ask(door, head)
    assert answer.status == status
    page = PageText.of(answer.body)
    assert page.heading
    assert page.way_on[1] in ("/", "")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "strict-transport-security" not in answer.headers
    assert answer.headers["server"] == "nginx"


async def test_a_page_that_names_no_icon_costs_its_browser_no_failure(door: Stack) -> None:
    answer = await ask(door, "GET {path} HTTP/1.1\r\nHost: x\r\n", "/favicon.ico")
    assert (answer.status, answer.body) == (204, "")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_no_proxy_keeps_the_answer_of_the_health_check(door: Stack) -> None:
    answer = await ask(door, "GET {path} HTTP/1.1\r\nHost: x\r\n", "/healthz")
    assert (answer.status, answer.body) == (200, "ok\n")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("case", ["service down", "body", "headers", "trace"])
async def test_programs_get_problem_json_from_nginx_too(door: Stack, case: str) -> None:
    head, status = FAILURES[case]
    answer = await ask(door, head, "/api/me")
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert f'"status": {status}' in answer.body


@pytest.mark.parametrize("path", ["/", "/login", "/api/me"])
async def test_over_http_2_a_large_body_has_the_same_page(path: str) -> None:
    with Stack(only=["nginx"]) as stack:
        port = also_speaks_http_2(stack)
        answer = await raw_http2.post(port, path, 70_000, b"x" * 16_000)
    assert answer.has_status(413)
    if path.startswith("/api/"):
        assert b'"status": 413' in answer.body
    else:
        assert PageText.of(answer.body.decode()).heading == "The request is too large"


def also_speaks_http_2(stack: Stack) -> int:
    """Open the door at one more port, where HTTP/2 is spoken without TLS."""
    [port] = free_ports_in_a_row(1)
    door = stack.folder / "nginx" / "conf.d" / "door.conf"
    before, listen, after = door.read_text().partition("    listen ")
    door.write_text(f"{before}    listen {HOST}:{port} http2;\n{listen}{after}")
    stack.process("nginx").restart()
    stack.wait_for("nginx")
    return port


async def test_no_path_opens_a_method_that_is_refused(door: Stack, app: PlayedService) -> None:
    """Error pages are fetched by a GET, so any method may lead to theirs."""
    for method in ("DELETE", "PROPFIND", "TRACE"):
        for path in ("/x%20/errors/", "/x%20/errors/404.html", "/login%20/errors/"):
            assert (await ask(door, f"{method} {path} HTTP/1.1\r\nHost: x\r\n")).status == 405
    assert app.received == []


async def test_a_refused_method_says_which_are_allowed(door: Stack) -> None:
    assert (await ask(door, FAILURES["method"][0])).headers["allow"] == "GET, HEAD, POST"
    below_api = await ask(door, FAILURES["trace"][0], "/api/me")
    assert below_api.headers["allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE"


async def test_a_service_that_is_down_is_worth_another_try_soon(door: Stack) -> None:
    assert (await ask(door, FAILURES["service down"][0])).headers["retry-after"] == "2"


async def test_on_https_nginxs_own_answers_ask_for_https_too() -> None:
    with Stack(only=["nginx"], PUBLIC_URL="https://app.example.com") as stack:
        answer = await ask(stack, FAILURES["closed"][0])
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")

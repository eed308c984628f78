"""What is for the back network only cannot be reached through nginx, however it is spelt."""

import itertools
from collections.abc import Iterator

import pytest

from harness.stack import Stack
from tests.system.played_service import PlayedService
from tests.system.raw_http import exchange, statuses

CLOSED = ("/metrics", "/readyz", "/internal/refresh", "/internal", "/healthz/")
BEFORE = ("", "/", "//", "/.", "/x/..", "/login/..", "/static/..", "/%2e", "/x/%2e%2e", "/;")
AFTER = ("", "/", "//", "?", "?x=1", "#x", "%3f", "%23", ";x", "/.", "/x/..", "%00", "%20", ".")


def spellings() -> Iterator[str]:
    for path, before, after in itertools.product(CLOSED, BEFORE, AFTER):
        yield before + path + after
    for path in CLOSED:
        yield path.upper()
        yield "".join(f"%{ord(letter):02x}" for letter in path)
        yield "/" + "".join(f"%{ord(letter):02X}" for letter in path[1:])
        yield path.replace("/", "%2f")
        yield path.replace("/", "\\")
        yield f"http://door{path}"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_spelling_of_a_closed_path_gets_an_answer(stack: Stack, method: str) -> None:
    opened = []
    for path in spellings():
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
        answer = await exchange(stack.ports.door, f"{head}Connection: close\r\n\r\n".encode())
        if statuses(answer) not in ([400], [404], [405]):
            opened.append((path, answer[:200]))
    assert opened == []


@pytest.mark.parametrize("path", CLOSED)
async def test_a_closed_path_does_not_even_reach_a_service(
    door: Stack, app: PlayedService, path: str
) -> None:
    for spelling in (path, f"/{path}", f"/x/..{path}", f"{path}/more", f"{path}?x"):
        request = f"GET {spelling} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert statuses(await exchange(door.ports.door, request.encode())) == [404]
    assert app.received == []


async def test_the_doors_own_health_is_nginxs(door: Stack) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = await exchange(door.ports.door, request)
    assert statuses(answer) == [200]
    assert answer.endswith(b"ok\n")

"""No query string, cookie or body in anything that nginx writes, whatever goes wrong."""

import asyncio
import contextlib
import json
import resource
from collections.abc import AsyncIterator, Iterator

import pytest

from harness.stack import Stack
from local_stack.ports import HOST
from tests.system.played_service import PlayedService
from tests.system.raw_http import exchange

CANARY = "canary7e1f"
CLOSE = "Connection: close\r\n\r\n"
BIG = "a" * 9000
# One for each kind of message that nginx has about a request.
REQUESTS = {
    "answered": f"GET /?code={CANARY} HTTP/1.1\r\nHost: x\r\nCookie: session={CANARY}\r\n{CLOSE}",
    "referred": f"GET / HTTP/1.1\r\nHost: x\r\nReferer: http://x/?code={CANARY}\r\n{CLOSE}",
    "service down": f"GET /oauth?code={CANARY} HTTP/1.1\r\nHost: x\r\n{CLOSE}",
    "closed path": f"GET /metrics?code={CANARY} HTTP/1.1\r\nHost: x\r\n{CLOSE}",
    "no such file": f"GET /static/x?code={CANARY} HTTP/1.1\r\nHost: x\r\n{CLOSE}",
    "a folder": f"GET /static/?code={CANARY} HTTP/1.1\r\nHost: x\r\n{CLOSE}",
    "bad method": f"PUT /?code={CANARY} HTTP/1.1\r\nHost: x\r\n{CLOSE}",
    "bad header": f"GET /?code={CANARY} HTTP/1.1\r\nHost: x\r\nBad Name: {CANARY}\r\n{CLOSE}",
    "no host": f"GET /?code={CANARY} HTTP/1.1\r\n{CLOSE}",
    "bad host": f"GET /?code={CANARY} HTTP/1.1\r\nHost: {CANARY}/\r\n{CLOSE}",
    "bad line": f"GET /?code={CANARY} b HTTP/1.1\r\nHost: x\r\n{CLOSE}",
    "bad version": f"GET /?code={CANARY} HTTP/9.9\r\nHost: x\r\n{CLOSE}",
    "bad length": f"POST /?code={CANARY} HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n{CLOSE}",
    "bad chunk": f"POST /?code={CANARY} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{CLOSE}z",
    "large body": f"POST /?code={CANARY} HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n{CLOSE}",
    "long address": f"GET /?code={CANARY}{BIG} HTTP/1.1\r\nHost: x\r\n{CLOSE}",
    "long header": f"GET /?code={CANARY} HTTP/1.1\r\nHost: x\r\nCookie: {BIG}{CANARY}\r\n{CLOSE}",
    "escaped": f"GET /oauth%3Fcode={CANARY} HTTP/1.1\r\nHost: x\r\n{CLOSE}",
    "raw bytes": f"GET /caf\xe9/\xff?code={CANARY} HTTP/1.1\r\nHost: x\r\n{CLOSE}",
    "outside the root": f"GET /../../?code={CANARY} HTTP/1.1\r\nHost: x\r\n{CLOSE}",
    "absolute": f"GET http://x/?code={CANARY} HTTP/1.1\r\nHost: x\r\n{CLOSE}",
    "unfinished": f"GET /?code={CANARY} HTTP/1.1\r\nHost",
    "unfinished body": f"POST /?code={CANARY} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{CANARY[:3]}",
    "garbage": f"{CANARY}\r\n\r\n",
    "TLS": "\x16\x03\x01" + CANARY,
}


@pytest.fixture
def watched() -> Iterator[Stack]:
    with Stack(only=["nginx"], SIGN_IN_RATE="1r/m", SIGN_IN_BURST="5") as running:
        yield running
        running.process("nginx").stop()


async def send_all(stack: Stack) -> None:
    for request in REQUESTS.values():
        await exchange(stack.ports.door, request.encode("latin-1"), seconds=0.2)
    # Beyond the limit, and a client that does not wait for its answer.
    for _ in range(8):
        await exchange(stack.ports.door, REQUESTS["service down"].encode(), seconds=0.2)


async def test_whatever_goes_wrong_nginx_writes_no_query_and_no_cookie(watched: Stack) -> None:
    async def misbehave(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\nX: {CANARY}\0\r\n".encode())
        writer.close()

    await send_all(watched)
    async with PlayedService(watched.ports.app_service[0]):
        await send_all(watched)
    async with PlayedService(watched.ports.app_service[0], misbehave):
        await send_all(watched)
    watched.process("nginx").stop()
    logs = watched.logs("nginx")
    assert logs.count('"event":"request"') > 3 * len(REQUESTS)
    assert CANARY not in logs


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits a running process")
async def test_even_what_nginx_calls_critical_quotes_no_request(watched: Stack) -> None:
    """No file and no socket can be opened any more: messages of the levels `crit` and `alert`."""
    paths = ("/static/x", "/", "/login") * 8
    async with contextlib.AsyncExitStack() as connections:
        opened = [await connections.enter_async_context(connected(watched)) for _ in paths]
        for worker in watched.process("nginx").children():
            resource.prlimit(worker, resource.RLIMIT_NOFILE, (3, 3))
        answers = [await ask(*one, path) for one, path in zip(opened, paths, strict=True)]
    watched.process("nginx").stop()
    assert b"HTTP/1.1 500" in b"".join(answers)
    assert CANARY not in watched.logs("nginx")


@contextlib.asynccontextmanager
async def connected(
    stack: Stack,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that nginx has accepted: it has answered something on it."""
    reader, writer = await asyncio.open_connection(HOST, stack.ports.door)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"ok\n")
    yield reader, writer
    writer.close()
    await writer.wait_closed()


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
    writer.write(f"GET {path}?code={CANARY} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return await asyncio.wait_for(reader.read(100), 10)


async def test_each_line_about_a_request_is_json_whatever_bytes_were_asked_for(
    watched: Stack,
) -> None:
    for path in ("/caf\xe9", "/caf\xc3\xa9", '/"\\', "/\xff\xfe/x"):
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\n{CLOSE}"
        await exchange(watched.ports.door, request.encode("latin-1"))
    watched.process("nginx").stop()
    log = (watched.folder / "nginx.log").read_bytes().splitlines()
    paths = [json.loads(line.decode())["path"] for line in log if line.startswith(b"{")]
    assert [path for path in paths if path != "/healthz"] == ["/caf", "/caf", '/"\\', "/"]


async def test_the_log_tells_who_asked_for_which_path_and_what_came_of_it(watched: Stack) -> None:
    await exchange(watched.ports.door, REQUESTS["service down"].encode())
    watched.process("nginx").stop()
    [line] = [line for line in watched.logs("nginx").splitlines() if '"/oauth"' in line]
    assert '"client":"127.0.0.1"' in line
    assert '"method":"GET","path":"/oauth","status":502' in line

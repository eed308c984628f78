"""What comes too slowly ends, at every path; what is slow and honest arrives (LEAST_BODY_RATE)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping

import pytest

from harness.browser_like import Browser
from harness.stack import Stack
from local_stack.ports import HOST
from tests.member import WIDGET_SCOPES
from tests.system.raw_http import statuses

# A tenth of the seconds, and five times the bytes. Who is honest is well above it: what a busy machine does
# with a client's pace is not tested here.
LEAST_BODY_RATE, LEAST_BODY_SECONDS = "5000", "3"
PAUSE, HONEST_PIECE = 0.1, 2000
# Longer than the time over which the rate is counted; less than 64 kB.
HONEST_PIECES = 32
SIZE = HONEST_PIECE * HONEST_PIECES
# Of one byte each: four times as long as it is counted.
SLOW_PIECES = 120

FORM_TYPE, JSON_TYPE = "application/x-www-form-urlencoded", "application/json"
PATHS = {
    "POST /sessions/end": FORM_TYPE,
    "POST /widget": FORM_TYPE,
    "POST /api/space/messages": JSON_TYPE,
    "POST /api/webhook": JSON_TYPE,
    "POST /binding": JSON_TYPE,
    "POST /oauth": FORM_TYPE,
    "GET /login": FORM_TYPE,
    "PUT /api/nowhere": "multipart/form-data; boundary=b",
    "POST /nowhere": "text/plain",
}
FILE = (
    '--b\r\nContent-Disposition: form-data; name="size"\r\n\r\n{size}\r\n'
    '--b\r\nContent-Disposition: form-data; name="file"; filename="slow.bin"\r\n\r\n'
)


@pytest.fixture(scope="module")
def slow() -> Iterator[Stack]:
    """A site that counts over three seconds, whose nginx has as many for headers."""
    with Stack(
        LEAST_BODY_RATE=LEAST_BODY_RATE,
        LEAST_BODY_SECONDS=LEAST_BODY_SECONDS,
        SIGN_IN_RATE="500r/s",
        SIGN_IN_BURST="500",
    ) as running:
        limits = running.folder / "nginx" / "limits.conf"
        limits.write_text(limits.read_text().replace("header_timeout 15s", "header_timeout 3s"))
        running.process("nginx").restart()
        running.wait_for("nginx")
        yield running


async def pieces(stack: Stack, start: str, each: bytes, count: int, *, last: bytes = b"") -> bytes:
    """Send one piece after the other until there is an answer; return it.

    It is waited for after `last` only: without, whoever has none by then is still being listened to.
    """
    reader, writer = await asyncio.open_connection(HOST, stack.ports.door)
    answer = asyncio.create_task(_all(reader))
    writer.write(start.encode())
    for _ in range(count):
        writer.write(each)
        # The pace of this client is what is tested.
        done, _ = await asyncio.wait({answer}, timeout=PAUSE)
        if done:
            break
    writer.write(last)
    try:
        assert last or answer.done(), "the connection is still open"
        return await answer
    finally:
        answer.cancel()
        writer.close()


async def _all(reader: asyncio.StreamReader) -> bytes:
    came = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(65536):
            came += piece
    return bytes(came)


def head(line: str, content_type: str, length: int, more: Mapping[str, str] | None = None) -> str:
    fields = {
        "Host": "x",
        "Accept": "text/html",
        "Connection": "close",
        "Content-Type": content_type,
        "Content-Length": str(length),
        **(more or {}),
    }
    lines = [f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines) + "\r\n\r\n"


async def at_every_path(
    stack: Stack, each: bytes, count: int, last: bytes = b""
) -> dict[str, list[int]]:
    answers = await asyncio.gather(
        *(pieces(stack, head(*path, SIZE), each, count, last=last) for path in PATHS.items())
    )
    return dict(zip(PATHS, map(statuses, answers), strict=True))


async def test_a_body_at_a_byte_now_and_then_ends_at_every_path(slow: Stack) -> None:
    assert await at_every_path(slow, b"x", SLOW_PIECES) == {path: [408] for path in PATHS}


async def test_a_slow_and_honest_body_has_the_answer_that_a_quick_one_has(slow: Stack) -> None:
    quick = await at_every_path(slow, b"", 0, b"x" * SIZE)
    piece = b"x" * HONEST_PIECE
    honest = await at_every_path(slow, piece, HONEST_PIECES - 1, piece)
    assert honest == quick
    assert all(status not in (408, 502, 504) for [status] in honest.values())


async def test_headers_at_a_byte_now_and_then_end(slow: Stack) -> None:
    answer = await pieces(slow, "GET / HTTP/1.1\r\nX: ", b"x", SLOW_PIECES)
    assert statuses(answer) in ([408], [])


@pytest.fixture
async def cookie(slow: Stack) -> AsyncIterator[str]:
    async with Browser(slow.url, lambda _: slow.url) as browser:
        await browser.sign_in(scope=WIDGET_SCOPES)
        assert (await browser.visit("/widget")).status == 200
        yield "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


async def test_a_file_at_a_byte_now_and_then_ends_and_a_slow_honest_one_arrives(
    slow: Stack, cookie: str
) -> None:
    async def send(each: bytes, count: int, last: bytes = b"") -> bytes:
        form, end = FILE.format(size=SIZE), b"\r\n--b--\r\n"
        ours = {
            "Cookie": cookie,
            "X-Requested-With": "widget",
            "Sec-Fetch-Site": "same-origin",
            "Accept": JSON_TYPE,
        }
        length = len(form) + SIZE + len(end)
        start = head("POST /api/space/files", "multipart/form-data; boundary=b", length, ours)
        return await pieces(slow, start + form, each, count, last=last and last + end)

    piece = b"x" * HONEST_PIECE
    slowly, honestly = await asyncio.gather(
        send(b"x", SLOW_PIECES), send(piece, HONEST_PIECES - 1, piece)
    )
    assert b"upload_broken" in slowly
    assert statuses(honestly) == [200]

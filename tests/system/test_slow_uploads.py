"""A file that comes too slowly ends, through nginx; a slow and honest one arrives (LEAST_UPLOAD_RATE)."""

import asyncio

from harness.browser_like import Browser
from harness.stack import Stack
from local_stack.ports import HOST
from tests.member import WIDGET_SCOPES
from tests.system.raw_http import statuses

FORM = (
    '--b\r\nContent-Disposition: form-data; name="size"\r\n\r\n{size}\r\n'
    '--b\r\nContent-Disposition: form-data; name="file"; filename="slow.bin"\r\n\r\n'
)
END = "\r\n--b--\r\n"
# More than the least rate, and longer than the 30 s over which it is counted.
HONEST_RATE, HONEST_SECONDS = 2000, 36


async def send(stack: Stack, cookie: str, size: int, piece: bytes) -> bytes:
    """Send a file at one piece a second until an answer comes; return the answer."""
    reader, writer = await asyncio.open_connection(HOST, stack.ports.door)
    form = FORM.format(size=size)
    head = (
        "POST /api/space/files HTTP/1.1\r\nHost: x\r\nX-Requested-With: widget\r\n"
        f"Sec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {len(form) + size + len(END)}\r\n\r\n"
    )
    writer.write((head + form).encode())
    answer = asyncio.create_task(reader.read())
    for _ in range(size // len(piece)):
        writer.write(piece)
        # The pace of this client is what is tested.
        done, _ = await asyncio.wait({answer}, timeout=1)
        if done:
            break
    else:
        writer.write(END.encode())
    try:
        return await answer
    finally:
        writer.close()


async def test_a_file_at_a_byte_a_second_ends_and_a_slow_honest_one_arrives() -> None:
    with Stack() as stack:
        async with Browser(stack.url, lambda _: stack.url) as browser:
            await browser.sign_in(scope=WIDGET_SCOPES)
            assert (await browser.visit("/widget")).status == 200
            cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
            slow, honest = await asyncio.gather(
                send(stack, cookie, 100_000, b"x"),
                send(stack, cookie, HONEST_RATE * HONEST_SECONDS, b"x" * HONEST_RATE),
            )
    assert b"upload_broken" in slow
    assert statuses(honest) == [200]

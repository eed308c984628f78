"""`python -m bench.stalled_downloads`: what app_service holds while people's downloads stand still.

COUNT (110) downloads of a file of 20 MB through nginx, whose readers take the head of the answer and then
nothing. Memory is that of the replica's largest process (RSS), before and while they wait. (nginx hangs up
on a reader who takes nothing for 30 s.) Takes half a minute.
"""

import asyncio
import os
import socket
from contextlib import AsyncExitStack

import aiohttp

from bench.tools.process import memory
from bench.visitor import Visitor
from harness.stack import Stack
from local_stack.ports import HOST

COUNT = int(os.environ.get("COUNT", "110"))
FILE_BYTES = 20 * 1024 * 1024
SCOPES = (
    "spark:rooms_read spark:memberships_read spark:messages_read spark:messages_write spark:kms"
)
OURS = {"X-Requested-With": "widget", "Sec-Fetch-Site": "same-origin"}
# The readers' own buffers are small, so that next to nothing leaves the site.
READERS_BUFFER = 4096
# Long enough for every buffer on the way to fill.
SETTLING_SECONDS = 5.0


async def main() -> None:
    with Stack(DOWNLOADS_PER_PERSON=str(COUNT), CONNECTIONS_PER_ADDRESS="60000") as stack:
        session = stack.process("app_service").pid
        visitor = Visitor(stack.url, "ada@example.com")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            await visitor.sign_in(http, scope=SCOPES)
            await visitor.get(http, "/widget")
            path = f"/widget/files/{await _send_file(http, visitor)}/0"
            # Whole, once: what the first download needs for good is not theirs.
            assert await visitor.get(http, path) == "200"
        before = memory(session).largest
        async with AsyncExitStack() as readers:
            await asyncio.gather(*(_begin(readers, stack, visitor, path) for _ in range(COUNT)))
            await asyncio.sleep(SETTLING_SECONDS)
            during = memory(session).largest
    each = (during - before) / COUNT * 1024
    print(
        f"{COUNT} stalled downloads: app_service from {before:.0f} to {during:.0f} MB, {each:.0f} kB each"
    )


async def _send_file(http: aiohttp.ClientSession, visitor: Visitor) -> str:
    """Have the person send the file to the space; return its message's id."""
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("size", str(FILE_BYTES))
    data.add_field("file", b"x" * FILE_BYTES, filename="large.bin")
    headers = {**OURS, "Cookie": visitor.cookie}
    async with http.post(f"{visitor.url}/api/space/files", data=data, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["id"])


async def _begin(readers: AsyncExitStack, stack: Stack, visitor: Visitor, path: str) -> None:
    """Ask for the file, read the head of the answer, and stop."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READERS_BUFFER)
    client.settimeout(0)
    readers.callback(client.close)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, (HOST, stack.ports.door))
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {visitor.cookie}\r\n\r\n"
    await loop.sock_sendall(client, head.encode())
    answer = await loop.sock_recv(client, 1024)
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:40]


if __name__ == "__main__":
    asyncio.run(main())

# aiohttp's client takes what came over a kept connection while nobody asked for the answer to the next request: a server that says 408 before it closes an idle connection (RFC 9110 section 15.5.9) has answered a request that it never read. urllib3 sees that something lies there, and opens another connection.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.5 urllib3==2.7.0
cat >"$folder/show.py" <<'PYTHON'
import asyncio
from importlib.metadata import version

import aiohttp
import urllib3

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate"


class Server:
    """Answers each request with 200, and says 408 over the first connection when that is idle."""

    def __init__(self):
        self.asked = 0
        self.idle, self.said = asyncio.Event(), asyncio.Event()

    async def serve(self, reader, writer):
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.asked += 1
                writer.write(OK)
                if self.asked == 1:
                    await self.idle.wait()
                    writer.write(LATE)
                    await writer.drain()
                    self.said.set()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            writer.close()


async def second_answer(ask):
    """Its status."""
    server = Server()
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
        assert await ask(url) == 200
        server.idle.set()
        await server.said.wait()
        await asyncio.sleep(0.1)
        return await ask(url)


async def by_aiohttp():
    async with aiohttp.ClientSession() as session:

        async def ask(url):
            async with session.post(url) as answer:
                await answer.read()
                return answer.status

        return await second_answer(ask)


async def by_urllib3():
    with urllib3.PoolManager() as pool:

        async def ask(url):
            return (await asyncio.to_thread(pool.request, "POST", url, retries=False)).status

        return await second_answer(ask)


theirs, other = asyncio.run(by_aiohttp()), asyncio.run(by_urllib3())
print(f"aiohttp {version('aiohttp')}; a server says 408 over an idle connection, then there is another request")
print("expected: the request goes over another connection, and is answered 200")
print(f"seen: by aiohttp it is answered {theirs}, by urllib3 {version('urllib3')} {other}")
assert other == 200
assert theirs == 408
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

# aiohttp-sse-client keeps the half of an event that a stream ended in, and puts it before the first event of the next stream. The standard has it discarded: the server sends the event whole again, and its reader gets both in one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp-sse-client==0.2.1 aiohttp==3.14.1
cat >"$folder/show.py" <<'PYTHON'
import asyncio
from datetime import timedelta
from importlib.metadata import version

from aiohttp import web
from aiohttp_sse_client.client import EventSource

asked = []


async def events(request):
    """End the first stream between two lines of its second event, as a server does that stops."""
    asked.append(request.headers.get("Last-Event-ID"))
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    second = b"id: 2\ndata: to Ada\ndata: see you at ten\n\n"
    if len(asked) == 1:
        await answer.write(b"id: 1\ndata: hello\n\n" + second[: second.index(b"data: see")])
    else:
        await answer.write(second)
    return answer


async def main():
    app = web.Application()
    app.router.add_get("/", events)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    seen = []
    async with EventSource(f"http://127.0.0.1:{port}/", reconnection_time=timedelta(milliseconds=10)) as source:
        async for event in source:
            seen.append(event.data)
            if len(seen) == 2:
                break
    await runner.cleanup()
    return seen


seen = asyncio.run(main())
print(f"aiohttp-sse-client {version('aiohttp-sse-client')}, aiohttp {version('aiohttp')}")
print("a stream that ends in the middle of its second event, then one with that event whole")
print("expected:", ["hello", "to Ada\nsee you at ten"])
print("seen:", seen)
assert seen == ["hello", "to Ada\nto Ada\nsee you at ten"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

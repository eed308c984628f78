# aiohttp keeps the last answer of a connection, its whole body included, until the next one is made. Behind a proxy that keeps its connections the next one may be a stream: for hours each holds the page, or the file, that went over its connection before.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.5
cat >"$folder/show.py" <<'PYTHON'
import asyncio
import gc
import tracemalloc
from importlib.metadata import version

from aiohttp import web

PAGE_BYTES, VIEWERS = 1_000_000, 20
OVER = web.AppKey("OVER", asyncio.Event)


async def page(_):
    return web.Response(body=bytes(PAGE_BYTES))


async def events(request):
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b"data: hello\n\n")
    await request.app[OVER].wait()
    return response


async def ask(address, *paths):
    """Ask for these paths in turn over one connection; it stays open after the last one's first words."""
    reader, writer = await asyncio.open_connection(*address)
    for path in paths:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if path == "/page":
            assert f"content-length: {PAGE_BYTES}".encode() in head.lower()
            await reader.readexactly(PAGE_BYTES)
        else:
            await reader.readuntil(b"hello")
    return writer


async def held(address, *paths):
    """Megabytes that each of so many connections makes the server hold."""
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    writers = [await ask(address, *paths) for _ in range(VIEWERS)]
    gc.collect()
    each = (tracemalloc.get_traced_memory()[0] - before) / VIEWERS / 1e6
    for writer in writers:
        writer.close()
    return each


async def main():
    app = web.Application()
    app[OVER] = asyncio.Event()
    app.router.add_get("/page", page)
    app.router.add_get("/events", events)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tracemalloc.start()
    alone = await held(runner.addresses[0], "/events")
    behind = await held(runner.addresses[0], "/page", "/events")
    app[OVER].set()
    await runner.cleanup()
    return alone, behind


alone, behind = asyncio.run(main())
print(f"aiohttp {version('aiohttp')}; a page of {PAGE_BYTES / 1e6:.0f} MB has been sent and read, a stream follows on its connection")
print(f"expected: such a stream holds what one on a fresh connection does, {alone:.1f} MB")
print(f"seen: it holds {behind:.1f} MB for as long as it runs")
assert alone < 0.2 and behind > 0.9
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

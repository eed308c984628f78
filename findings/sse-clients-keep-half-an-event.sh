# Two clients for live streams do not discard the half of an event in which a stream ended, as the HTML standard (section 9.2.6) has it: sseclient-py hands it out as if it were whole, aiohttp-sse-client puts it before the first event of the next stream. httpx-sse discards it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp-sse-client==0.2.1 aiohttp==3.14.1 sseclient-py==1.9.0 httpx-sse==0.4.3 httpx==0.28.1
cat >"$folder/show.py" <<'PYTHON'
import asyncio
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import httpx
import httpx_sse
import sseclient
from aiohttp_sse_client.client import EventSource

FIRST, SECOND = b"id: 1\ndata: hello\n\n", b"id: 2\ndata: to Ada\ndata: see you at ten\n\n"
asked = []


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        """End the first stream between two lines of its second event, as a server does that stops."""
        asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        once = asked.count(self.path) == 1
        self.wfile.write(FIRST + SECOND[: SECOND.index(b"data: see")] if once else SECOND)

    def log_message(self, *_):
        pass


async def two_events(url):
    async with EventSource(url, reconnection_time=timedelta(milliseconds=10)) as source:
        return [(await anext(source)).data for _ in range(2)]


site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=site.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{site.server_port}"
with httpx.stream("GET", f"{url}/1") as answer:
    handed_out = [event.data for event in sseclient.SSEClient(answer.iter_bytes()).events()]
with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", f"{url}/2") as source:
    discarded = [event.data for event in source.iter_sse()]
glued = asyncio.run(two_events(f"{url}/3"))
print("a stream that ends in the middle of its second event; expected:", ["hello"])
print(f"seen with sseclient-py {version('sseclient-py')}:", handed_out)
print(f"seen with httpx-sse {version('httpx-sse')}:", discarded)
print("then one with that event whole; expected:", ["hello", "to Ada\nsee you at ten"])
print(f"seen with aiohttp-sse-client {version('aiohttp-sse-client')}, aiohttp {version('aiohttp')}:", glued)
assert (handed_out, discarded) == (["hello", "to Ada"], ["hello"])
assert glued == ["hello", "to Ada\nto Ada\nsee you at ten"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

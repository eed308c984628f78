# sseclient-py hands out the half of an event in which a stream ended, as if it were whole. The standard has it discarded: what is read as JSON ends in an error, and what is text is shown without its end.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sseclient-py==1.9.0 httpx-sse==0.4.3 httpx==0.28.1
cat >"$folder/show.py" <<'PYTHON'
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import httpx
import httpx_sse
import sseclient


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        """End between two lines of the second event, as a server does that stops."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: hello\n\ndata: Delete the old space,\n")

    def log_message(self, *_):
        pass


site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=site.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{site.server_port}/"
with httpx.stream("GET", url) as answer:
    seen = [event.data for event in sseclient.SSEClient(answer.iter_bytes()).events()]
with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", url) as source:
    other = [event.data for event in source.iter_sse()]
print(f"sseclient-py {version('sseclient-py')} and httpx-sse {version('httpx-sse')}; a stream that ends in its second event")
print("expected:", ["hello"])
print("seen with sseclient-py:", seen)
print("seen with httpx-sse:", other)
assert (seen, other) == (["hello", "Delete the old space,"], ["hello"])
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

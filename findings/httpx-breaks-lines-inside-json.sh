# httpx's iter_lines() ends a line at U+2028, U+2029 and U+0085 as well, which JSON leaves as they are inside a string: one event of a stream, in which somebody pasted such a sign, arrives as two lines, the first of them half a JSON document.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 requests==2.32.5
cat >"$folder/show.py" <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import requests

TEXTS = {"nothing": "first second", "U+2028": "first\u2028second", "U+2029": "first\u2029second", "U+0085": "first\u0085second"}


class Stream(BaseHTTPRequestHandler):
    """One server-sent event for each text; its lines end with a line feed, as the HTML standard has it (9.2.5)."""

    def do_GET(self):
        lines = (f"data: {json.dumps({'text': text}, ensure_ascii=False)}\n\n" for text in TEXTS.values())
        body = "".join(lines).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def whole(lines):
    """Which of the texts a reader of `data: ` lines gets back."""
    found = set()
    for line in lines:
        if line.startswith("data: "):
            try:
                found.add(json.loads(line.removeprefix("data: "))["text"])
            except ValueError:
                pass
    return [name for name, text in TEXTS.items() if text in found]


server = ThreadingHTTPServer(("127.0.0.1", 0), Stream)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
with httpx.stream("GET", url) as response:
    by_httpx = whole(response.iter_lines())
with requests.get(url, stream=True) as response:
    by_requests = whole(line.decode() for line in response.iter_lines())
print(f"httpx {httpx.__version__}; events whose text has, between two words: {', '.join(TEXTS)}")
print(f"seen: whole in requests {requests.__version__}: {', '.join(by_requests)}")
print("expected of httpx: the same (RFC 8259 section 7 lets these signs stand in a string; a line of a stream ends with CR, LF or both)")
print(f"seen: whole in httpx: {', '.join(by_httpx)}")
assert by_requests == list(TEXTS)
assert by_httpx == ["nothing"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

# wxc-sdk turns a 429 whose Retry-After is a date (RFC 9110 allows both forms) into a ValueError, past every handler of its own errors.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check wxc-sdk==1.41.0
cat >"$folder/show.py" <<'PYTHON'
import json
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from wxc_sdk import WebexSimpleApi
from wxc_sdk.rest import RestError, RestSession


class Busy(BaseHTTPRequestHandler):
    requests = 0

    def do_GET(self):
        Busy.requests += 1
        body = json.dumps({"message": "Too many requests", "errors": [], "trackingId": "ROUTER_1"}).encode()
        self.send_response(429)
        self.send_header("Retry-After", formatdate(time.time() + 2, usegmt=True))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()
RestSession.BASE = f"http://127.0.0.1:{server.server_port}/v1"
raised = None
try:
    WebexSimpleApi(tokens="a token").people.me()
except Exception as error:
    raised = error
print(f"wxc-sdk {version('wxc-sdk')}")
print("expected: it waits until that moment and asks again, or raises its RestError with the status 429")
print(f"seen: {raised!r} after {Busy.requests} request")
assert isinstance(raised, ValueError)
assert not isinstance(raised, RestError)
assert Busy.requests == 1
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

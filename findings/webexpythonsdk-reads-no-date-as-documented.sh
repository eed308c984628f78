# webexpythonsdk cannot read the dates of Webex's own examples: created and updated of every message and webhook in its API description are written 2015-10-18T14:26:16+00:00, and reading one is a ValueError.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webexpythonsdk==2.0.6
cat >"$folder/show.py" <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from webexpythonsdk import WebexAPI

# As in the examples of GET /people/me and of GET /messages in Webex's OpenAPI description; all are RFC 3339.
DATES = ["2015-10-18T14:26:16.000Z", "2015-10-18T14:26:16+00:00", "2015-10-18T14:26:16Z"]


class Webex(BaseHTTPRequestHandler):
    def do_GET(self):
        messages = [{"id": str(number), "roomId": "room", "text": "hello", "created": date} for number, date in enumerate(DATES)]
        body = json.dumps({"items": messages}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def read(message):
    try:
        return str(message.created)
    except ValueError as error:
        return f"ValueError: {error}"


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
messages = WebexAPI("insecure", base_url=f"http://127.0.0.1:{webex.server_port}/v1/").messages.list("room")
seen = [read(message) for message in messages]
print(f"webexpythonsdk {version('webexpythonsdk')}, message.created")
for date, one in zip(DATES, seen, strict=True):
    print(f"given {date}: expected the same instant; seen {one}")
assert seen[0] == "2015-10-18T14:26:16.000Z"
assert all(one.startswith("ValueError: time data") for one in seen[1:])
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

# webexpythonsdk waits out a 429 and sends a message with a local file once more, without a byte of it: the body was read to its end the first time. It announces all of its bytes, so Webex waits for them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webexpythonsdk==2.0.6
cat >"$folder/show.py" <<'PYTHON'
import json
import sys
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

from webexpythonsdk import WebexAPI


class Webex(BaseHTTPRequestHandler):
    """Busy at the first message, then takes whatever comes, even if that is nothing."""

    seen = []

    def do_POST(self):
        announced = int(self.headers["Content-Length"])
        self.seen.append((announced, self.received(announced)))
        busy = len(self.seen) == 1
        body = json.dumps({"message": "Too many requests", "errors": [], "trackingId": "ROUTER_1"} if busy else {"id": "1"}).encode()
        self.send_response(429 if busy else 200)
        if busy:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def received(self, announced):
        self.connection.settimeout(3)
        count = 0
        try:
            while count < announced and (chunk := self.rfile.read1(announced - count)):
                count += len(chunk)
        except TimeoutError:
            self.close_connection = True
        return count

    def log_message(self, *_):
        pass


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
warnings.simplefilter("ignore")
report = Path(sys.argv[1], "report.txt")
report.write_text("a line\n" * 100)
WebexAPI("insecure", base_url=f"http://127.0.0.1:{webex.server_port}/v1/").messages.create(
    roomId="room", text="the report", files=[str(report)]
)
print(f"webexpythonsdk {version('webexpythonsdk')}, a message with a file of {report.stat().st_size} bytes, the first answer 429 with Retry-After: 1")
print('expected: "rate-limited requests will be automatically be retried" (its RestSession.wait_on_rate_limit): twice the same')
print(f"seen, bytes announced and bytes sent: {Webex.seen}")
(first, all_of_it), (again, nothing) = Webex.seen
assert first == all_of_it == again
assert nothing == 0
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"

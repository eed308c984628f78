# Alertmanager's webex receiver drops a notification that Webex answers with 429 until the next group_interval, 5 minutes by default; a 503 it tries again at once.
set -euo pipefail
command -v prometheus-alertmanager >/dev/null || { echo "needs Debian's prometheus-alertmanager: apt-get install prometheus-alertmanager" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/show.py" <<'PYTHON'
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

FOLDER = Path(sys.argv[1])

class Webex(BaseHTTPRequestHandler):
    """Each room's first message meets the status in its id, with Retry-After: 1; the next one is taken."""

    seen = {}

    def do_POST(self):
        room = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["roomId"]
        self.seen[room] = self.seen.get(room, 0) + 1
        status = int(room) if self.seen[room] == 1 else 200
        self.send_response(status)
        if status != 200:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=server.serve_forever, daemon=True).start()
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
receiver = """  - api_url: http://127.0.0.1:{port}/v1/messages
    room_id: '{status}'
    http_config: {{authorization: {{credentials: a token}}}}
"""
configuration = "route: {receiver: busy, group_wait: 0s, group_interval: 5m, routes: [{matchers: [status=503], receiver: down}]}\nreceivers:\n"
for name, status in (("busy", 429), ("down", 503)):
    configuration += f"- name: {name}\n  webex_configs:\n" + receiver.format(port=server.server_port, status=status)
(FOLDER / "alertmanager.yml").write_text(configuration)
program = subprocess.Popen(
    ["prometheus-alertmanager", f"--config.file={FOLDER}/alertmanager.yml", f"--storage.path={FOLDER}",
     f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
    stderr=subprocess.DEVNULL,
)
try:
    alerts = json.dumps([{"labels": {"alertname": "A", "status": status}} for status in ("429", "503")]).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v2/alerts", data=alerts, headers={"Content-Type": "application/json"}
    )
    for _ in range(100):
        try:
            urllib.request.urlopen(request, timeout=5).close()
            break
        except OSError:
            time.sleep(0.1)
    # Long enough for many tries a second apart, and far from the five minutes.
    time.sleep(15)
finally:
    program.terminate()
    program.wait()
print(subprocess.run(["prometheus-alertmanager", "--version"], capture_output=True, text=True).stdout.splitlines()[0])
print("expected: a 429 with Retry-After: 1 is tried again within seconds, as a 503 is")
print("seen in 15 s with group_interval 5m:", Webex.seen, "requests by the first answer")
assert Webex.seen == {"429": 1, "503": 2}
PYTHON
python3 "$folder/show.py" "$folder"

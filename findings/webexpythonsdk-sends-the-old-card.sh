# webexpythonsdk sends a card as it was the first time: it puts a copy in the card's place in its caller's list, so whoever changes the card and sends the list again sends the old one.
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
from webexpythonsdk.models.cards import AdaptiveCard, TextBlock


class Webex(BaseHTTPRequestHandler):
    shown = []

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.shown.append(message["attachments"][0]["content"]["body"][0]["text"])
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b'{"id":"1"}')

    def log_message(self, *_):
        pass


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
messages = WebexAPI("insecure", base_url=f"http://127.0.0.1:{webex.server_port}/v1/").messages
state = TextBlock("down")
attachments = [AdaptiveCard(body=[state])]
messages.create(roomId="room", text="state", attachments=attachments)
state.text = "up again"
messages.create(roomId="room", text="state", attachments=attachments)
print(f"webexpythonsdk {version('webexpythonsdk')}, one card sent twice, its text changed in between")
print("expected: ['down', 'up again'] (its documentation: attachments are \"content attachments to attach\", an input)")
print(f"seen: {Webex.shown}; in the caller's list is now a {type(attachments[0]).__name__}")
assert Webex.shown == ["down", "down"]
assert isinstance(attachments[0], dict)
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

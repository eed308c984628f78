# Apprise splits a long notification for Webex after 7439 characters, Webex takes 7439 bytes: of a long text in Greek, Russian or Japanese, overflow=split gets only the tail through, and overflow=truncate nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check apprise==2.2.0
cat >"$folder/show.py" <<'PYTHON'
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from apprise import Apprise
from apprise.plugins.webexteams import NotifyWebexTeams

# "The maximum message length is 7439 bytes": Webex's OpenAPI description of POST /messages.
MOST_BYTES = 7439


class Webex(BaseHTTPRequestHandler):
    answers = []

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["markdown"]
        status = 200 if len(message.encode()) <= MOST_BYTES else 400
        self.answers.append((len(message), status))
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
logging.disable()
NotifyWebexTeams.api_url = f"http://127.0.0.1:{webex.server_port}/v1/messages"
NotifyWebexTeams.request_rate_per_sec = 0


def sent(text, overflow):
    Webex.answers.clear()
    apprise = Apprise()
    apprise.add(f"wxteams://insecure_token/room?overflow={overflow}")
    delivered = bool(apprise.notify(body=text))
    return delivered, list(Webex.answers)


print(f"Apprise {version('apprise')}; for each message its characters and Webex's answer")
seen = {}
for letter, overflow in (("a", "split"), ("д", "split"), ("д", "truncate")):
    delivered, answers = seen[letter, overflow] = sent(letter * 8000, overflow)
    print(f"8000 times {letter}, overflow={overflow}")
    print("  expected: every message is taken, 200")
    print(f"  seen: {answers}, delivered: {delivered}")
assert seen["a", "split"] == (True, [(7439, 200), (561, 200)])
assert seen["д", "split"] == (False, [(7439, 400), (561, 200)])
assert seen["д", "truncate"] == (False, [(7439, 400)])
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

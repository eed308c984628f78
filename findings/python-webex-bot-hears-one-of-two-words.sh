# python-webex-bot's on_hears gives nothing back for the function that it decorates: with two of them above one function, as one writes them with Flask, the upper word is bound to None, and whoever says it gets no answer but a server error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-webex-bot==0.901 flask==3.1.2 requests==2.32.5
cat >"$folder/show.py" <<'PYTHON'
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import python_webex.webhook
from python_webex.v1.Bot import Bot


class Webex(BaseHTTPRequestHandler):
    """Gives a message whose id is its text."""

    def do_GET(self):
        text = self.path.rsplit("/", 1)[-1]
        answer = json.dumps({"id": text, "text": text, "roomId": "room", "personEmail": "asker@example.com"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=server.serve_forever, daemon=True).start()
bot = Bot("insecure")
bot.URL = f"http://127.0.0.1:{server.server_port}/v1/"
heard = []


@bot.on_hears("hello")
@bot.on_hears("hi")
def greet(room_id=None):
    heard.append(room_id)


python_webex.webhook.bot = bot
python_webex.webhook.app.logger.setLevel(logging.CRITICAL + 1)
client = python_webex.webhook.app.test_client()
seen = {}
for word in ("hi", "hello"):
    heard.clear()
    status = client.post("/", json={"data": {"id": word}}).status_code
    seen[word] = (status, list(heard))
print(f"python-webex-bot {version('python-webex-bot')}, one function for 'hello' and 'hi'")
for word, (status, rooms) in seen.items():
    print(f"{word!r}; expected: 200, and the function is called; seen: {status}, called {len(rooms)} time(s)")
print(f"bound to 'hello': {bot.hears_to_function['hello']!r}")
assert seen == {"hi": (200, ["room"]), "hello": (500, [])}
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

# webexbotsdk runs what belongs to a card's button twice for each press: it registers one webhook for everything and another one for attachmentActions, and Webex calls both. A form that books a room books two.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webexbotsdk==0.2.6 webexteamssdk==1.7 setuptools==80.9.0
cat >"$folder/show.py" <<'PYTHON'
import contextlib
import functools
import io
import json
import os
import socket
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from types import SimpleNamespace

os.chdir(sys.argv[1])
import webexbotsdk.teams.bot as sdk

ACTION = {"id": "1", "type": "submit", "messageId": "2", "roomId": "3", "inputs": {"room": "Blue"}}
webhooks, ran = [], []


class Webex(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(ACTION if "/attachment/actions/" in self.path else {"items": []})

    def do_POST(self):
        webhooks.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer({"id": str(len(webhooks)), **webhooks[-1]})

    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def press():
    """Tell each webhook that asked for it, as Webex does: `all` is every resource, and every event."""
    for webhook in webhooks:
        if webhook["resource"] in ("all", "attachmentActions") and webhook["event"] in ("all", "created"):
            body = {"resource": "attachmentActions", "event": "created", "data": {"id": ACTION["id"]}}
            address = f"http://127.0.0.1:{port}/{webhook['targetUrl'].split('/', 3)[3]}"
            request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
            urllib.request.urlopen(request).close()


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
with socket.create_server(("127.0.0.1", 0)) as one:
    port = one.getsockname()[1]
sdk.WebexTeamsAPI = functools.partial(sdk.WebexTeamsAPI, base_url=f"http://127.0.0.1:{webex.server_port}/v1/")
# The tunnel that it opens to the world, which nobody needs here.
tunnel = SimpleNamespace(public_url="https://bot.example")
sdk.ngrok = SimpleNamespace(get_tunnels=list, connect=lambda _: tunnel, NgrokTunnel=SimpleNamespace)
bot = sdk.Bot()
bot.on("attachmentActions", "created")(lambda action, _: ran.append(action.inputs["room"]))
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    bot.setup({"botAccessToken": "insecure-token", "port": port, "disableDb": True})
    threading.Thread(target=bot.run, daemon=True).start()
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    press()
print(f"webexbotsdk {version('webexbotsdk')}, one handler for attachmentActions, one press")
print("webhooks:", [(each["resource"], each["event"]) for each in webhooks])
print("expected: ['Blue']")
print("seen:", ran)
assert ran == ["Blue", "Blue"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"

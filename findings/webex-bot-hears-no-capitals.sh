# webex-bot never runs a command whose keyword has a capital letter, and no card's button whose callback_keyword has one: what was said is made small, the keyword is not. Whoever writes Deploy, or presses the button approveRequest, gets the help card.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webex-bot==1.3.1
cat >"$folder/show.py" <<'PYTHON'
import functools
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from types import SimpleNamespace

from webex_bot.models.command import Command
from webex_bot.webex_bot import WebexBot
from webex_bot.websockets import webex_websocket_client as client

BOT = {"id": "1", "type": "bot", "displayName": "Bot", "emails": ["bot@webex.bot"], "avatar": "https://example.com/bot.png"}
ACTIVITY = {"id": "4", "actor": {"type": "PERSON", "emailAddress": "ada@example.com"}, "target": {"tags": ["ONE_ON_ONE"]}}
said = []


class Webex(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({"serviceLinks": {"wdm": "https://wdm-a.wbx2.com/wdm/api/v1"}} if "catalog" in self.path else BOT)

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said.append("the help card" if message.get("attachments") else message["markdown"])
        self.answer({"id": "2"})

    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Named(Command):
    def execute(self, message, attachment_actions, activity):
        return f"ran {self.command_keyword or self.card_callback_keyword}"


def written(text):
    bot.process_incoming_message(SimpleNamespace(personEmail="ada@example.com", text=text, roomId="3"), ACTIVITY)
    return said.pop()


def pressed(keyword):
    action = SimpleNamespace(inputs={"callback_keyword": keyword}, roomId="3", messageId="5")
    bot.process_incoming_card_action(action, ACTIVITY)
    return said.pop()


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
here = f"http://127.0.0.1:{webex.server_port}"
client.DEFAULT_U2C_URL = f"{here}/catalog"
client.WebexAPI = functools.partial(client.WebexAPI, base_url=f"{here}/v1/")
bot = WebexBot("insecure", log_level="CRITICAL")
logging.disable()
for command in (
    Named(command_keyword="status"),
    Named(command_keyword="Deploy"),
    Named(card_callback_keyword="approve_request"),
    Named(card_callback_keyword="approveRequest"),
):
    bot.add_command(command)
tries = [
    ("written: STATUS", written("STATUS"), "ran status"),
    ("written: Deploy", written("Deploy"), "ran Deploy"),
    ("written: deploy", written("deploy"), "ran Deploy"),
    ("pressed: approve_request", pressed("approve_request"), "ran approve_request"),
    ("pressed: approveRequest", pressed("approveRequest"), "ran approveRequest"),
]
print(f"webex-bot {version('webex-bot')}; commands status and Deploy, callbacks approve_request and approveRequest")
for what, seen, expected in tries:
    print(f"{what}; expected: {expected}; seen: {seen}")
assert [seen for _, seen, _ in tries] == ["ran status", "the help card", "the help card", "ran approve_request", "the help card"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

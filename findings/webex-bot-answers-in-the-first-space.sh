# webex-bot sends answers to the wrong space: it writes the first asker's space and thread into a Response that a command keeps and returns each time. Whoever asks next, elsewhere, gets nothing, and the first space gets their answer.
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
from webex_bot.models.response import Response
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
        said.append(message["roomId"])
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


class Hours(Command):
    """A command whose answer is always the same."""

    def __init__(self):
        super().__init__(command_keyword="hours")
        self.hours = Response()
        self.hours.markdown = "Mondays from 10 to 12"

    def execute(self, message, attachment_actions, activity):
        return self.hours


def asked(room):
    bot.process_incoming_message(SimpleNamespace(personEmail="ada@example.com", text="hours", roomId=room), ACTIVITY)
    return said.pop()


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
here = f"http://127.0.0.1:{webex.server_port}"
client.DEFAULT_U2C_URL = f"{here}/catalog"
client.WebexAPI = functools.partial(client.WebexAPI, base_url=f"{here}/v1/")
bot = WebexBot("insecure", log_level="CRITICAL")
logging.disable()
bot.add_command(Hours())
rooms = ["red", "green", "blue"]
seen = [asked(room) for room in rooms]
print(f"webex-bot {version('webex-bot')}; a command that returns the same Response each time")
print(f"asked in: {rooms}")
print(f"expected: answered in {rooms}")
print(f"seen: answered in {seen}")
assert seen == ["red", "red", "red"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

# webex-bot runs any one of its commands whose keyword is part of what was said: which one, the order of a set tells, so addresses in memory. The same words run one command now and another one after the next start.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webex-bot==1.3.1
cat >"$folder/bot.py" <<'PYTHON'
import functools
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

from webex_bot.models.command import Command
from webex_bot.webex_bot import WebexBot
from webex_bot.websockets import webex_websocket_client as client

BOT = {"id": "1", "type": "bot", "displayName": "Bot", "emails": ["bot@webex.bot"], "avatar": ""}


class Webex(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({"serviceLinks": {"wdm": "https://wdm-a.wbx2.com/wdm/api/v1"}} if "catalog" in self.path else BOT)

    def do_POST(self):
        print(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["markdown"])
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
        return f"ran {self.command_keyword!r}"


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
here = f"http://127.0.0.1:{webex.server_port}"
client.DEFAULT_U2C_URL = f"{here}/catalog"
client.WebexAPI = functools.partial(client.WebexAPI, base_url=f"{here}/v1/")
bot = WebexBot("insecure", log_level="CRITICAL")
logging.disable()
bot.add_command(Named(command_keyword="deploy status"))
bot.add_command(Named(command_keyword="deploy"))
message = SimpleNamespace(personEmail="ada@example.com", text="deploy status", roomId="3")
bot.process_incoming_message(message, {"id": "4", "actor": {"type": "PERSON"}, "target": {"tags": ["ONE_ON_ONE"]}})
PYTHON
echo "webex-bot 1.3.1 with the commands 'deploy status' and 'deploy', asked for: deploy status"
echo "expected: ran 'deploy status', after every start"
echo "seen after 20 starts:"
for _ in $(seq 20); do "$folder/venv/bin/python" "$folder/bot.py"; done | sort | uniq -c | tee "$folder/seen"
grep -q "'deploy status'" "$folder/seen" && grep -q "'deploy'" "$folder/seen"

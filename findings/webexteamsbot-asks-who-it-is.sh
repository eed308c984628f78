# webexteamsbot reads /people/me once for each command that it tries, for each message, and once more: a bot with ten commands that hears "hello" asks Webex eleven times who it is before it answers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webexteamsbot==0.1.4.2 webexteamssdk==1.7 flask==3.1.2 setuptools==80.9.0
cat >"$folder/show.py" <<'PYTHON'
import contextlib
import io
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from webexteamsbot import TeamsBot

BOT = {"id": "bot", "type": "bot", "displayName": "Bot", "emails": ["bot@webex.bot"]}
SAID = {"id": "1", "roomId": "room", "personId": "ada", "personEmail": "ada@example.com", "text": "hello"}
asked = Counter()


class Webex(BaseHTTPRequestHandler):
    def do_GET(self):
        asked[f"GET {self.path}"] += 1
        self.answer(BOT if self.path.endswith("/me") else SAID if "/messages" in self.path else {"items": []})

    def do_POST(self):
        asked[f"POST {self.path}"] += 1
        self.rfile.read(int(self.headers["Content-Length"]))
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


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
with contextlib.redirect_stderr(io.StringIO()):
    bot = TeamsBot(
        "bot",
        teams_bot_token="insecure-token",
        teams_api_url=f"http://127.0.0.1:{webex.server_port}/v1/",
        teams_bot_email="bot@webex.bot",
        teams_bot_url="https://bot.example/",
    )
    for number in range(8):
        bot.add_command(f"/command-{number}", "one of many", lambda message: "done")
    asked.clear()
    answer = bot.test_client().post("/", json={"resource": "messages", "event": "created", "data": SAID})
print(f"webexteamsbot {version('webexteamsbot')}, {len(bot.commands)} commands, one message \"hello\"; answered {answer.status_code}")
print("expected: the message read once, one answer written, and /people/me read once or not at all")
print(f"seen: {dict(asked)}")
assert len(bot.commands) == 10
assert asked == {"GET /v1/messages/1": 1, "GET /v1/people/me": 11, "POST /v1/messages": 1}
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

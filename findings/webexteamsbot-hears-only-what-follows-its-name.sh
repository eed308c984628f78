# webexteamsbot throws away whatever was said before its name, and the name may be part of any word: "/status please, Ops" and, in a direct space, "/status of the Opsdesk" both get the help, as if nobody had said /status.
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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from webexteamsbot import TeamsBot

BOT = {"id": "bot", "type": "bot", "displayName": "Ops", "emails": ["ops@webex.bot"]}
message = {"id": "1", "roomId": "room", "personId": "ada", "personEmail": "ada@example.com"}
written = []


class Webex(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(BOT if self.path.endswith("/me") else message if "/messages" in self.path else {"items": []})

    def do_POST(self):
        written.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))).get("markdown", ""))
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


def said(text):
    message["text"] = text
    with contextlib.redirect_stderr(io.StringIO()):
        bot.test_client().post("/", json={"resource": "messages", "event": "created", "data": message})
    return "the help" if "following commands" in written[-1] else written[-1]


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
with contextlib.redirect_stderr(io.StringIO()):
    bot = TeamsBot(
        "ops",
        teams_bot_token="insecure-token",
        teams_api_url=f"http://127.0.0.1:{webex.server_port}/v1/",
        teams_bot_email="ops@webex.bot",
        teams_bot_url="https://bot.example/",
    )
bot.add_command("/status", "how things are", lambda _: "all is well")
tries = ["/status", "Ops /status please", "/status please, Ops", "/status of the Opsdesk"]
seen = [said(text) for text in tries]
print(f"webexteamsbot {version('webexteamsbot')}, a bot named Ops with the command /status")
for text, answer in zip(tries, seen):
    print(f"said: {text}; expected: all is well; seen: {answer}")
assert seen == ["all is well", "all is well", "the help", "the help"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

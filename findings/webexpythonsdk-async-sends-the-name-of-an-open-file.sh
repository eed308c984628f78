# webexpythonsdk-async sends, in place of a local file, what Python prints for an open one (`<_io.BufferedReader name=…>`, with its whole path), in a form that calls itself JSON. webexpythonsdk, from which it was made, sends the file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webexpythonsdk-async==0.1.3
cat >"$folder/show.py" <<'PYTHON'
import asyncio
import json
import pathlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from urllib.parse import parse_qs

from webexpythonsdk_async import AsyncWebexAPI

report = pathlib.Path(sys.argv[1], "report.txt")
report.write_text("all is well\n")
posted = []


class Webex(BaseHTTPRequestHandler):
    def do_POST(self):
        posted.append((self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"])).decode()))
        body = json.dumps({"id": "1"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


async def main(here):
    api = AsyncWebexAPI(access_token="insecure-token", base_url=here)
    await api.messages.create(roomId="room", text="the report", files=[str(report)])


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
asyncio.run(main(f"http://127.0.0.1:{webex.server_port}/v1/"))
[(kind, body)] = posted
files = [each.replace(sys.argv[1], "…") for each in parse_qs(body)["files"]]
print(f"webexpythonsdk-async {version('webexpythonsdk-async')}, a message with a local file")
print("expected: multipart/form-data with the words in the file")
print(f"seen: {kind} with files={files}")
assert kind.lower().startswith("application/json") and "all is well" not in body
assert files == ["report.txt", "<_io.BufferedReader name='…/report.txt'>", "text/plain"]
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"

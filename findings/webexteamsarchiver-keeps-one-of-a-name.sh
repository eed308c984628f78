# webexteamsarchiver keeps one of all files that have the same name: of a space in which two people pasted a picture, which Webex calls image.png, the archive has one of the two under both messages, and it says nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webexteamsarchiver==0.11.3 webexteamssdk==1.6.1
cat >"$folder/show.py" <<'PYTHON'
import functools
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

from webexteamsarchiver import webexteamsarchiver
from webexteamsarchiver.webexteamsarchiver import WebexTeamsArchiver

PERSON = {"id": "1", "type": "person", "displayName": "Ada Lovelace", "emails": ["ada@example.com"]}
ROOM = {"id": "2", "title": "Space", "type": "group", "creatorId": "1"}
INSTANT = "2026-01-31T10:00:00.000Z"


class Webex(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        if "/contents/" in self.path:
            content = f"picture {self.path[-1]}".encode()
            return self.answer(content, "image/png", ("Content-Disposition", 'attachment; filename="image.png"'))
        kind = self.path.split("/")[2].partition("?")[0]
        written = {"roomId": "2", "roomType": "group", "personId": "1", "personEmail": "ada@example.com", "created": INSTANT}
        messages = [written | {"id": each, "text": f"Look at {each}", "files": [self.file(each)]} for each in "AB"]
        body = {"rooms": ROOM | {"created": INSTANT, "lastActivity": INSTANT}, "people": PERSON, "messages": {"items": messages}}
        self.answer(json.dumps(body[kind]).encode(), "application/json")

    def file(self, name):
        return f"http://{self.headers['Host']}/v1/contents/{name}"

    def answer(self, body, content_type, *headers):
        self.send_response(200)
        for name, value in (("Content-Type", content_type), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


webex = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=webex.serve_forever, daemon=True).start()
webexteamsarchiver.WebexTeamsAPI = functools.partial(
    webexteamsarchiver.WebexTeamsAPI, base_url=f"http://127.0.0.1:{webex.server_port}/v1/"
)
os.chdir(sys.argv[1])
archive = Path(WebexTeamsArchiver("insecure").archive_room("2", compress_folder=False))
files = sorted(file.name for file in (archive / "attachments").iterdir())
listed = next(archive.glob("*.txt")).read_text().count("Attachment: image.png")
print(f"webexteamsarchiver {version('webexteamsarchiver')}; two messages, each with a picture of its own called image.png")
print("expected: two files, or an error")
print(f"seen: {listed} attachments are listed, and the archive has {files}")
assert (listed, files) == (2, ["image.png"])
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"

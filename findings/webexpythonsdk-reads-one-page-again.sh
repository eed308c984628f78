# webexpythonsdk writes its caller's before or beforeMessage over the one in Webex's link to the next page: whoever lists the messages before a given one gets the first page again and again, and no older message ever.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webexpythonsdk==2.0.6
cat >"$folder/show.py" <<'PYTHON'
import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from urllib.parse import parse_qs, urlencode, urlsplit

from webexpythonsdk import WebexAPI

WRITTEN = range(1, 10)


class Webex(BaseHTTPRequestHandler):
    """Nine messages, the newest first; each page names the next one by its last message (RFC 8288)."""

    def do_GET(self):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        before = int(asked.get("beforeMessage", 10))
        older = [number for number in reversed(WRITTEN) if number < before]
        page = older[: int(asked["max"])]
        body = json.dumps({"items": [{"id": str(number)} for number in page]}).encode()
        self.send_response(200)
        if len(page) < len(older):
            following = urlencode({"roomId": asked["roomId"], "max": asked["max"], "beforeMessage": page[-1]})
            self.send_header("Link", f'<http://{self.headers["Host"]}/v1/messages?{following}>; rel="next"')
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=server.serve_forever, daemon=True).start()
webex = WebexAPI("insecure", base_url=f"http://127.0.0.1:{server.server_port}/v1/")


def first_seven(**which):
    messages = webex.messages.list("room", max=2, **which)
    return " ".join(message.id for message in itertools.islice(messages, 7))


everything, before_eight = first_seven(), first_seven(beforeMessage="8")
print(f"webexpythonsdk {version('webexpythonsdk')}; messages 1 to 9, two a page, the newest first")
print(f"seen without beforeMessage: {everything}")
print("expected before message 8: 7 6 5 4 3 2 1")
print(f"seen: {before_eight}")
assert (everything, before_eight) == ("9 8 7 6 5 4 3", "7 6 7 6 7 6 7")
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

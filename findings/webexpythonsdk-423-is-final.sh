# webexpythonsdk waits out a 429, but gives up at once on the 423 with Retry-After that Webex documents for a file under scan.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webexpythonsdk==2.0.6
cat >"$folder/show.py" <<'PYTHON'
import threading
import warnings
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from webexpythonsdk import ApiError, WebexAPI

PERSON = b'{"id": "1", "displayName": "Ada", "emails": ["ada@example.com"]}'


class Webex(BaseHTTPRequestHandler):
    """Each first request is told to come again in a second, each second one is answered."""

    seen = {}

    def do_GET(self):
        status = int(self.path.split("/")[1])
        self.seen[status] = self.seen.get(status, 0) + 1
        first = self.seen[status] == 1
        body = b'{"message": "Come again", "errors": [], "trackingId": "ROUTER_1"}' if first else PERSON
        self.send_response(status if first else 200)
        if first:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


warnings.simplefilter("ignore")
server = HTTPServer(("127.0.0.1", 0), Webex)
threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(status):
    api = WebexAPI(access_token="a token", base_url=f"http://127.0.0.1:{server.server_port}/{status}/")
    try:
        return api.people.me().displayName
    except ApiError as error:
        return f"ApiError {error.status_code}"


after_429, after_423 = ask(429), ask(423)
print(f"webexpythonsdk {version('webexpythonsdk')}")
print("expected: 429 and 423, both with Retry-After: 1, are both asked again after a second")
print(f"seen: after 429 {after_429!r} ({Webex.seen[429]} requests), after 423 {after_423!r} ({Webex.seen[423]} request)")
assert after_429 == "Ada"
assert after_423 == "ApiError 423"
assert Webex.seen == {429: 2, 423: 1}
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

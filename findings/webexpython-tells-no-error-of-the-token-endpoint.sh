# webexpython looks for RFC 6749's error_description in each answer that has the letters "error" anywhere: the answer with which Webex refuses a code or a refresh token has "errors" and no description there, so that a KeyError comes in place of what Webex said.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check webexpython==0.2.19 requests==2.32.5
cat >"$folder/show.py" <<'PYTHON'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import requests
from webexpython import webex

SAID = "The refresh token provided is expired, revoked, malformed, or invalid."
answers = {
    "as Webex refuses": (400, {"message": SAID, "errors": [{"description": SAID}], "trackingId": "ROUTER_6565"}),
    "as RFC 6749 refuses": (400, {"error": "invalid_grant", "error_description": SAID}),
    "as RFC 6749 allows": (400, {"error": "invalid_grant"}),
}


class TokenEndpoint(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.server.answer
        answer = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def outcome():
    try:
        return webex.refreshToken("client", "insecure", "kept")
    except KeyError as error:
        return repr(error)


server = HTTPServer(("127.0.0.1", 0), TokenEndpoint)
threading.Thread(target=server.serve_forever, daemon=True).start()
real = requests.post
# webexpython knows one site only; its request goes to the stand-in as it is.
requests.post = lambda _url, **given: real(f"http://127.0.0.1:{server.server_port}/v1/access_token", **given)
print(f"webexpython {version('webexpython')}, refreshToken()")
seen = {}
for how, server.answer in answers.items():
    seen[how] = outcome()
    print(f"{how}; expected: the error's words; seen: {seen[how]}")
missing = "KeyError('error_description')"
assert list(seen.values()) == [missing, json.dumps(SAID), missing]
PYTHON
"$folder/venv/bin/python" "$folder/show.py"
